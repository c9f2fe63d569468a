package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;
import org.jspecify.annotations.Nullable;

/** Two-dimensional convolution (cross-correlation, as in torch), NCHW. Outputs are overwritten. */
public interface ConvolutionKernels {

  /** Sizes of one call; padding is the same on both sides of an axis. */
  record Conv2d(
      int batch,
      int inChannels,
      int height,
      int width,
      int outChannels,
      int kernelHeight,
      int kernelWidth,
      int strideHeight,
      int strideWidth,
      int padHeight,
      int padWidth,
      int dilationHeight,
      int dilationWidth,
      int groups) {

    public int outHeight() {
      return (height + 2 * padHeight - dilationHeight * (kernelHeight - 1) - 1) / strideHeight + 1;
    }

    public int outWidth() {
      return (width + 2 * padWidth - dilationWidth * (kernelWidth - 1) - 1) / strideWidth + 1;
    }
  }

  /**
   * {@code y[b,o,i,j] = bias[o] + Σ_{c,p,q} x[b, c, i·s−pad+p·dil, j·s−pad+q·dil] · w[o,c,p,q]}.
   *
   * @param w [outChannels, inChannels/groups, kernelHeight, kernelWidth]
   * @param bias [outChannels] or null
   */
  void forward(Conv2d conv, Buffer x, Buffer w, @Nullable Buffer bias, Buffer y);

  /** A batch norm by given statistics, all [outChannels]. */
  record Norm(Buffer gamma, Buffer beta, Buffer mean, Buffer variance, double eps) {}

  /** Whether {@link #normalized} serves convolutions of this size; where not, it refuses. */
  default boolean folds(Conv2d conv) {
    return false;
  }

  /**
   * Floats that {@link #normalized} takes beside its tensors.
   *
   * @param kept with the weights until they are freed
   * @param folding until that is made
   * @param computing until the result is there
   */
  record Room(int kept, int folding, int computing) {}

  /** What {@link #normalized} takes with a residual or without. */
  default Room room(Conv2d conv, boolean residual) {
    return new Room(0, 0, 0);
  }

  /**
   * A convolution and what follows it at inference, in one pass: {@code y = f((c − mean)/√(variance
   * + eps) ⊙ gamma + beta + residual)} per channel, c the convolution without bias.
   *
   * @param residual like y; null for none
   * @param relu whether f is the rectifier, of which a negative number leaves at most a 10⁻³⁰th, or
   *     the identity
   */
  default void normalized(
      Conv2d conv,
      Buffer x,
      Buffer w,
      Norm norm,
      @Nullable Buffer residual,
      boolean relu,
      Buffer y) {
    throw new UnsupportedOperationException("convolution: folds no norm of " + conv);
  }

  /** Floats that {@link #forward} and {@link #backwardData} take while they compute. */
  default int passingLength(Conv2d conv) {
    return 0;
  }

  void backwardData(Conv2d conv, Buffer dy, Buffer w, Buffer dx);

  void backwardWeights(Conv2d conv, Buffer x, Buffer dy, Buffer dw);
}
