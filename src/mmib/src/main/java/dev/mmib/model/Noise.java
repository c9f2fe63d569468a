package dev.mmib.model;

import dev.mmib.tensor.Tensor;

/** How z is drawn from N(μ, exp(s)). */
@FunctionalInterface
interface Noise {

  /** z from the mean and the log-variance, all of one shape. */
  Tensor sample(Tensor mean, Tensor logVariance);

  /** Draws for text and for pictures. */
  record Pair(Noise text, Noise image) {

    /** Draws in training, the mean in inference. */
    static final Pair IN_TRAINING =
        new Pair(dev.mmib.op.Noise::reparameterize, dev.mmib.op.Noise::reparameterize);

    /** Draws always, as the released relation model does. */
    static final Pair ALWAYS =
        new Pair(dev.mmib.op.Noise::reparameterizeAlways, dev.mmib.op.Noise::reparameterizeAlways);
  }
}
