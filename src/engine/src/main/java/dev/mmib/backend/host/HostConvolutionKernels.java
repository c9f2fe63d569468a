package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.ConvolutionKernels;
import org.jspecify.annotations.Nullable;

public final class HostConvolutionKernels implements ConvolutionKernels {
  private final Workers workers;

  public HostConvolutionKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void forward(Conv2d conv, Buffer x, Buffer w, @Nullable Buffer bias, Buffer y) {
    throw new UnsupportedOperationException("Convolution");
  }

  @Override
  public void backwardData(Conv2d conv, Buffer dy, Buffer w, Buffer dx) {
    throw new UnsupportedOperationException("Convolution");
  }

  @Override
  public void backwardWeights(Conv2d conv, Buffer x, Buffer dy, Buffer dw) {
    throw new UnsupportedOperationException("Convolution");
  }
}
