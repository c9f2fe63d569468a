package dev.mmib.nn;

import dev.mmib.op.Lookup;
import dev.mmib.tensor.Tensor;

/**
 * A table of vectors, looked up by number.
 *
 * @param table [entries, width]
 */
public record Embedding(Tensor table) {

  public static Embedding of(Parameters at, int entries, int width, Initializer fresh) {
    return new Embedding(at.add("weight", fresh, entries, width));
  }

  /** I32 [..] → [.., width]. */
  public Tensor forward(Tensor ids) {
    return Lookup.embedding(table, ids);
  }
}
