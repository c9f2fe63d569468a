package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.RandomKernels;
import org.jspecify.annotations.Nullable;

public final class HostRandomKernels implements RandomKernels {
  private final Workers workers;

  public HostRandomKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void normal(long seed, long stream, Buffer y) {
    throw new UnsupportedOperationException("Random");
  }

  @Override
  public void uniform(long seed, long stream, Buffer y) {
    throw new UnsupportedOperationException("Random");
  }

  @Override
  public void dropout(Dropout dropout, Buffer x, Buffer y) {
    throw new UnsupportedOperationException("Random");
  }

  @Override
  public void reparameterize(long seed, long stream, Buffer mu, Buffer logVar, Buffer z) {
    throw new UnsupportedOperationException("Random");
  }

  @Override
  public void reparameterizeGrad(long seed, long stream, Buffer logVar, Buffer dz, Buffer dlogVar) {
    throw new UnsupportedOperationException("Random");
  }

  @Override
  public void gaussianKl(
      Buffer mu, Buffer logVar, @Nullable Buffer mask, Buffer kl, int rows, int cols) {
    throw new UnsupportedOperationException("Random");
  }

  @Override
  public void gaussianKlGrad(
      Buffer mu,
      Buffer logVar,
      @Nullable Buffer mask,
      Buffer dkl,
      Buffer dmu,
      Buffer dlogVar,
      int rows,
      int cols) {
    throw new UnsupportedOperationException("Random");
  }
}
