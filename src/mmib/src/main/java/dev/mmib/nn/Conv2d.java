package dev.mmib.nn;

import dev.mmib.op.Convolution;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A convolution without bias, as ResNet has them.
 *
 * @param weight [out, in, kernel, kernel]
 */
public record Conv2d(Tensor weight, int stride, int padding) {

  public static Conv2d of(Parameters at, int in, int out, int kernel, int stride) {
    return new Conv2d(
        at.add("weight", Initializer.kaiming(), out, in, kernel, kernel), stride, kernel / 2);
  }

  /** [batch, in, height, width] → [batch, out, height/stride, width/stride]. */
  public Tensor forward(Tensor x) {
    return Convolution.conv2d(x, weight, null, options());
  }

  /** Normalized by running statistics, plus {@code residual} if there is one, maybe rectified. */
  public Tensor forward(Tensor x, BatchNorm2d norm, @Nullable Tensor residual, boolean relu) {
    return Convolution.normalized(x, weight, options(), norm.running(), residual, relu);
  }

  private Convolution.Options options() {
    return Convolution.Options.of(stride, padding);
  }
}
