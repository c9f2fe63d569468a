package dev.mmib.model;

import static dev.mmib.op.Arithmetic.div;
import static dev.mmib.op.Arithmetic.mul;

import dev.mmib.op.Layout;
import dev.mmib.op.Reduction;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Sequences of vectors made one vector: [batch, positions, hidden] → [batch, hidden]. */
final class Positions {

  private Positions() {}

  static Tensor pool(AlignmentConfig.Pooling pooling, Tensor x, @Nullable Tensor mask) {
    return switch (pooling) {
      case FIRST -> first(x);
      case MEAN -> mean(x, mask);
      case SUM -> sum(x, mask);
    };
  }

  static Tensor first(Tensor x) {
    return Layout.reshape(Layout.slice(x, 1, 0, 1), x.shape().dim(0), x.shape().last());
  }

  /** The sum over the positions where {@code mask} [batch, positions] is 1; null for all. */
  static Tensor sum(Tensor x, @Nullable Tensor mask) {
    if (mask == null) {
      return Reduction.sum(x, 1, false);
    }
    var factor = Layout.reshape(mask, mask.shape().dim(0), mask.shape().dim(1), 1);
    return Reduction.sum(mul(x, factor), 1, false);
  }

  /** The mean over them. */
  static Tensor mean(Tensor x, @Nullable Tensor mask) {
    return mask == null
        ? Reduction.mean(x, 1, false)
        : div(sum(x, mask), Reduction.sum(mask, 1, true));
  }
}
