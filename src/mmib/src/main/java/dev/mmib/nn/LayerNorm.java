package dev.mmib.nn;

import dev.mmib.op.Normalization;
import dev.mmib.tensor.Tensor;

/**
 * Layer normalization of the last axis.
 *
 * @param weight [width]
 * @param bias [width]
 */
public record LayerNorm(Tensor weight, Tensor bias, double eps) {

  public static LayerNorm of(Parameters at, int width, double eps) {
    return new LayerNorm(
        at.add("weight", Initializer.ONES, width), at.add("bias", Initializer.ZEROS, width), eps);
  }

  public Tensor forward(Tensor x) {
    return Normalization.layerNorm(x, weight, bias, eps);
  }

  /** Of residual + dropout(x): a sublayer's output {@code x} and its input. */
  public Tensor forward(Tensor x, Tensor residual, double dropout) {
    return Normalization.residualLayerNorm(x, residual, weight, bias, eps, dropout);
  }
}
