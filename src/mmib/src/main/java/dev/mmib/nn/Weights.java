package dev.mmib.nn;

import dev.mmib.tensor.Shape;

/** Where a model's numbers come from: a file, a rule, or chance. */
@FunctionalInterface
public interface Weights {

  /**
   * The numbers of a tensor.
   *
   * @param name its full name, such as {@code bert.embeddings.LayerNorm.weight}
   * @param fresh what to draw from where the source has no numbers of its own
   */
  Values values(String name, Shape shape, Initializer fresh);

  /** No numbers: tensors stay as they were allocated. For devices that hold none. */
  Weights NONE =
      (name, shape, fresh) -> {
        throw new IllegalStateException("weights: none, yet asked for those of '" + name + "'");
      };

  /** Everything drawn afresh; the same seed gives the same numbers. */
  static Weights random(long seed) {
    return (name, shape, fresh) -> fresh.values(seed, name, shape);
  }
}
