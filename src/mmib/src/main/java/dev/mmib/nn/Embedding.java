package dev.mmib.nn;

import dev.mmib.op.Arithmetic;
import dev.mmib.op.Lookup;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;

/**
 * A table of vectors, looked up by number.
 *
 * @param table [entries, width]
 * @param paddingId the entry that has no gradient, or −1
 */
public record Embedding(Tensor table, int paddingId) {

  public static Embedding of(Parameters at, int entries, int width, Initializer fresh) {
    return withPadding(at, entries, width, -1, fresh);
  }

  /** One entry of which stays as it is in training. */
  public static Embedding withPadding(
      Parameters at, int entries, int width, int paddingId, Initializer fresh) {
    return new Embedding(at.add("weight", fresh, entries, width), paddingId);
  }

  /** I32 [..] → [.., width]. */
  public Tensor forward(Tensor ids) {
    if (paddingId < 0 || Scope.current().mode() == Mode.INFER) {
      return Lookup.embedding(table, ids);
    }
    var numbers = ids.toInts();
    var padding = Arrays.stream(numbers).map(id -> id == paddingId ? id : -1).toArray();
    if (Arrays.stream(padding).allMatch(id -> id < 0)) {
      return Lookup.embedding(table, ids);
    }
    // An id of −1 gives zeros; a view of the table is a constant.
    var others = Arrays.stream(numbers).map(id -> id == paddingId ? -1 : id).toArray();
    var scope = Scope.current();
    return Arithmetic.add(
        Lookup.gatherRows(table, scope.ints(ids.shape(), others)),
        Lookup.gatherRows(table.viewAs(table.shape()), scope.ints(ids.shape(), padding)));
  }
}
