package dev.mmib.op;

import dev.mmib.backend.DType;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;

/** Rows by number; a row that is taken several times receives the sum of the gradients. */
public final class Lookup {

  private Lookup() {}

  /**
   * {@code y[.., :] = table[ids[..], :]}; {@code dtable[n, :] = Σ dy[.., :] where ids[..] = n}.
   *
   * @param table [n, d]
   * @param ids ints of any shape, each from 0 to n − 1
   * @return [.., d]
   */
  public static Tensor embedding(Tensor table, Tensor ids) {
    return rows("embedding", table, ids, 0);
  }

  /**
   * {@code y[.., :] = x[ids[..], :]}, and a row of zeros where the id is −1; {@code dx[n, :] = Σ
   * dy[.., :] where ids[..] = n}.
   *
   * @param x [n, d]
   * @param ids ints of any shape, each from −1 to n − 1
   * @return [.., d]
   */
  public static Tensor gatherRows(Tensor x, Tensor ids) {
    return rows("gatherRows", x, ids, -1);
  }

  private static Tensor rows(String op, Tensor table, Tensor ids, int least) {
    if (table.shape().rank() != 2 || ids.type() != DType.I32) {
      throw new IllegalArgumentException(
          op + ": " + table + " by " + ids + " vs a table [n, d] by ints");
    }
    var scope = Scope.current();
    var kernels = scope.backend().lookup();
    int rows = table.shape().dim(0);
    int cols = table.shape().dim(1);
    var range = kernels.range(ids.buffer());
    if (range[0] < least || range[1] >= rows) {
      int id = range[0] < least ? range[0] : range[1];
      throw new IllegalArgumentException(
          op
              + ": id "
              + id
              + " of ids "
              + ids.shape()
              + " vs the "
              + rows
              + " rows of table "
              + table.shape());
    }
    var dims = Arrays.copyOf(ids.shape().dims(), ids.shape().rank() + 1);
    dims[dims.length - 1] = cols;
    var y = scope.allocate(Shape.of(dims));
    kernels.gatherRows(table.buffer(), ids.buffer(), y.buffer(), cols);
    return Tape.record(op, y)
        .wrt(
            table,
            dy -> {
              var inner = Scope.current();
              var dtable = inner.zeros(table.shape());
              inner
                  .backend()
                  .lookup()
                  .scatterAddRows(dy.buffer(), ids.buffer(), dtable.buffer(), cols);
              return dtable;
            })
        .result();
  }
}
