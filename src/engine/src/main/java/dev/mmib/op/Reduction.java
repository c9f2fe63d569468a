package dev.mmib.op;

import static dev.mmib.op.Arithmetic.scale;
import static dev.mmib.op.Layout.broadcastTo;
import static dev.mmib.op.Layout.reshape;

import dev.mmib.backend.Backend;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;

/** Sums and means; every element of a sum receives the gradient of the sum. */
public final class Reduction {

  private static final Shape SCALAR = Shape.of();

  private Reduction() {}

  /** {@code y = Σ x}, a scalar; {@code dx = dy} everywhere. */
  public static Tensor sum(Tensor x) {
    return record("sum", x, kernel(x, 1, x.shape().size(), 1, SCALAR));
  }

  /** {@code y = Σ x / n}, a scalar; {@code dx = dy / n} everywhere. */
  public static Tensor mean(Tensor x) {
    return scale(sum(x), 1.0 / x.shape().size());
  }

  /** {@code y = Σ x} along {@code axis}, which stays with extent 1 if {@code keep}. */
  public static Tensor sum(Tensor x, int axis, boolean keep) {
    var shape = x.shape();
    int a = shape.axis(axis);
    var kept = shape.with(a, 1);
    int outer = shape.product(0, a);
    int inner = shape.product(a + 1, shape.rank());
    var y = record("sum", x, kernel(x, outer, shape.dim(a), inner, kept));
    return keep ? y : reshape(y, without(shape, a));
  }

  /** {@code y = Σ x / n} along {@code axis}, which stays with extent 1 if {@code keep}. */
  public static Tensor mean(Tensor x, int axis, boolean keep) {
    return scale(sum(x, axis, keep), 1.0 / x.shape().dim(axis));
  }

  /**
   * Sums over the axes along which {@code shape} would have to stretch to become that of {@code x}:
   * the derivative of broadcasting, whose derivative is broadcasting.
   */
  public static Tensor sumTo(Tensor x, Shape shape) {
    var from = x.shape();
    if (from.equals(shape)) {
      return x;
    }
    if (!Broadcast.fits(shape, from)) {
      throw new IllegalArgumentException(
          "sumTo: " + shape + " does not stretch to " + from + ": extents must be equal or 1");
    }
    return record("sumTo", x, summed(x, shape));
  }

  private static Tensor summed(Tensor x, Shape shape) {
    var scope = Scope.current();
    var from = x.shape();
    int rank = from.rank();
    try (var inner = Scope.open(scope.backend(), Mode.INFER)) {
      var y = x;
      // From the first axis on: the leading ones are usually the large ones. Runs of axes that are
      // summed are one sum.
      for (int axis = 0; axis < rank; axis++) {
        if (!stretches(shape, from, axis)) {
          continue;
        }
        int end = axis + 1;
        while (end < rank && stretches(shape, from, end)) {
          end++;
        }
        int outer = 1;
        for (int before = 0; before < axis; before++) {
          outer *= Broadcast.extent(shape, rank, before);
        }
        int rest = from.product(end, rank);
        y = kernel(y, outer, from.product(axis, end), rest, Shape.of(outer, rest));
        axis = end;
      }
      // Only extents of 1 differ if nothing was summed, and then the buffer is that of x.
      return scope.keep(y).viewAs(shape);
    }
  }

  private static boolean stretches(Shape shape, Shape to, int axis) {
    return to.dim(axis) != 1 && Broadcast.extent(shape, to.rank(), axis) == 1;
  }

  private static Tensor record(String op, Tensor x, Tensor y) {
    return Tape.record(op, y).wrt(x, dy -> broadcastTo(dy, x.shape())).result();
  }

  private static Tensor kernel(Tensor x, int outer, int axis, int inner, Shape shape) {
    var scope = Scope.current();
    var y = scope.allocate(shape);
    Backend backend = scope.backend();
    backend.reduction().sum(x.buffer(), y.buffer(), outer, axis, inner);
    return y;
  }

  private static int[] without(Shape shape, int axis) {
    var dims = new ArrayList<Integer>();
    for (int i = 0; i < shape.rank(); i++) {
      if (i != axis) {
        dims.add(shape.dim(i));
      }
    }
    return dims.stream().mapToInt(Integer::intValue).toArray();
  }
}
