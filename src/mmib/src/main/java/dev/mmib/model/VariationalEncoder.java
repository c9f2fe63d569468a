package dev.mmib.model;

import dev.mmib.nn.Parameters;
import dev.mmib.op.Noise;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The bottleneck of one modality.
 *
 * <pre>
 *   μ = CA(x, x, x),  s = CA(x, x, x),  z ~ N(μ, exp(s))
 * </pre>
 *
 * @param logVariance null without refinement: z = μ
 */
record VariationalEncoder(AttentionBlock mean, @Nullable AttentionBlock logVariance) {

  /** What {@link #encode} gives; all [batch, positions, hidden]. */
  record Encoding(Tensor mean, @Nullable Tensor logVariance, Tensor z) {

    /** KL(N(μ, exp(s)) ‖ N(0, I)), the mean over elements; 0 without refinement. */
    Tensor divergence(@Nullable Tensor mask) {
      return logVariance == null
          ? Scope.current().zeros(Shape.of())
          : Noise.gaussianKl(mean, logVariance, mask);
    }
  }

  static VariationalEncoder of(Parameters at, int hidden, MmibConfig config) {
    return new VariationalEncoder(
        AttentionBlock.of(at.at("mean"), hidden, config),
        config.refinement() ? AttentionBlock.of(at.at("log_variance"), hidden, config) : null);
  }

  Encoding encode(
      Tensor x, @Nullable Tensor keyMask, @Nullable Tensor queryMask, dev.mmib.model.Noise noise) {
    var mu = mean.forward(x, x, keyMask, queryMask);
    if (logVariance == null) {
      return new Encoding(mu, null, mu);
    }
    var s = logVariance.forward(x, x, keyMask, queryMask);
    return new Encoding(mu, s, noise.sample(mu, s));
  }
}
