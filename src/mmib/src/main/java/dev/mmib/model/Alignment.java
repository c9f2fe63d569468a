package dev.mmib.model;

import static dev.mmib.op.Activation.exp;

import dev.mmib.nn.Initializer;
import dev.mmib.nn.Linear;
import dev.mmib.nn.Parameters;
import dev.mmib.op.Bilinear;
import dev.mmib.op.Contrastive;
import dev.mmib.op.Layout;
import dev.mmib.op.MatMul;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** The alignment regularizer: how far texts are from telling their own pictures from others'. */
sealed interface Alignment {

  /** L_ar of texts and pictures of the same posts, both [batch, hidden]; a scalar. */
  Tensor loss(Tensor text, Tensor image);

  static @Nullable Alignment of(Parameters at, int hidden, AlignmentConfig config) {
    return switch (config.kind()) {
      case NONE -> null;
      case DISCRIMINATOR -> Discriminator.of(at.at("discriminator"), hidden, config);
      case INFONCE -> InfoNce.of(at, hidden, config);
    };
  }

  /**
   * The released code's: a discriminator of matching and shifted pairs.
   *
   * <pre>
   *   D(t, v) = sigmoid(W [t; v] + b), or of tᵀ W v + b
   *   L_ar    = BCE(D(tᵢ, vᵢ), 1) + Σ_{s=1..n} BCE(D(tᵢ, v_{(i−s) mod B}), 0)
   * </pre>
   *
   * @param weight [logits, 2 · hidden], or [1, hidden, hidden] of the bilinear form
   */
  record Discriminator(Tensor weight, Tensor bias, int negatives) implements Alignment {

    static Discriminator of(Parameters at, int hidden, AlignmentConfig config) {
      var bias = Initializer.ZEROS;
      return config.scorer() == AlignmentConfig.Scorer.CONCAT
          ? new Discriminator(
              at.add("weight", Initializer.linear(2 * hidden), hidden, 2 * hidden),
              at.add("bias", bias, hidden),
              config.negatives())
          : new Discriminator(
              at.add("weight", Initializer.linear(hidden), 1, hidden, hidden),
              at.add("bias", bias, 1),
              config.negatives());
    }

    @Override
    public Tensor loss(Tensor text, Tensor image) {
      var others = new Tensor[negatives];
      for (int s = 1; s <= negatives; s++) {
        others[s - 1] = logits(text, Layout.roll(image, s, 0));
      }
      return Contrastive.discriminatorLoss(logits(text, image), others);
    }

    private Tensor logits(Tensor text, Tensor image) {
      return weight.shape().rank() == 3
          ? Bilinear.bilinear(text, image, weight, bias)
          : MatMul.linear(Layout.concat(1, text, image), weight, bias);
    }
  }

  /**
   * Symmetric InfoNCE of normalized projections over the batch.
   *
   * @param logInverseTemperature log 1/τ, a scalar; null where τ is fixed
   */
  record InfoNce(
      Linear text, Linear image, @Nullable Tensor logInverseTemperature, double temperature)
      implements Alignment {

    static InfoNce of(Parameters at, int hidden, AlignmentConfig config) {
      var fresh = Initializer.linear(hidden);
      double temperature = config.temperature();
      return new InfoNce(
          Linear.of(at.at("text_projection"), hidden, hidden, fresh),
          Linear.of(at.at("image_projection"), hidden, hidden, fresh),
          config.learnTemperature()
              ? at.add("log_inverse_temperature", Initializer.constant(-Math.log(temperature)))
              : null,
          temperature);
    }

    @Override
    public Tensor loss(Tensor texts, Tensor images) {
      var a = text.forward(texts);
      var b = image.forward(images);
      return logInverseTemperature == null
          ? Contrastive.infoNce(a, b, temperature)
          : Contrastive.infoNce(a, b, exp(logInverseTemperature));
    }
  }
}
