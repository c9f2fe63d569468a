package dev.mmib.backend.sizing;

import static dev.mmib.backend.sizing.SizeBuffer.requireOpen;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.ConvolutionKernels;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import org.jspecify.annotations.Nullable;

/** Convolutions of sizes; what is folded, and what is kept for it, is told by the device. */
final class SizingConvolutionKernels implements ConvolutionKernels {

  private final ConvolutionKernels device;

  SizingConvolutionKernels(ConvolutionKernels device) {
    this.device = device;
  }

  @Override
  public void forward(Conv2d conv, Buffer x, Buffer w, @Nullable Buffer bias, Buffer y) {
    requireOpen(x, w, y);
    SizeBuffer.of(w).pass(device.passingLength(conv));
  }

  @Override
  public Room room(Conv2d conv, boolean residual) {
    return device.room(conv, residual);
  }

  @Override
  public int passingLength(Conv2d conv) {
    return device.passingLength(conv);
  }

  @Override
  public boolean folds(Conv2d conv) {
    return device.folds(conv);
  }

  @Override
  public void normalized(
      Conv2d conv,
      Buffer x,
      Buffer w,
      Norm norm,
      @Nullable Buffer residual,
      boolean relu,
      Buffer y) {
    requireOpen(x, w, norm.gamma(), norm.beta(), norm.mean(), norm.variance(), y);
    SizeBuffer.of(w).count(device.room(conv, residual != null));
    if (residual != null) {
      requireOpen(residual);
    }
  }

  @Override
  public void backwardData(Conv2d conv, Buffer dy, Buffer w, Buffer dx) {
    requireOpen(dy, w, dx);
    SizeBuffer.of(w).pass(device.passingLength(conv));
  }

  @Override
  public void backwardWeights(Conv2d conv, Buffer x, Buffer dy, Buffer dw) {
    requireOpen(x, dy, dw);
  }
}
