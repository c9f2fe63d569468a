package dev.mmib.backend.sizing;

import static dev.mmib.backend.sizing.SizeBuffer.requireOpen;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.RandomKernels;
import org.jspecify.annotations.Nullable;

/** Noise of sizes. */
final class SizingRandomKernels implements RandomKernels {

  @Override
  public void normal(long seed, long stream, Buffer y) {
    requireOpen(y);
  }

  @Override
  public void uniform(long seed, long stream, Buffer y) {
    requireOpen(y);
  }

  @Override
  public void dropout(Dropout dropout, Buffer x, Buffer y) {
    requireOpen(x, y);
  }

  @Override
  public void reparameterize(long seed, long stream, Buffer mu, Buffer logVar, Buffer z) {
    requireOpen(mu, logVar, z);
  }

  @Override
  public void reparameterizeGrad(long seed, long stream, Buffer logVar, Buffer dz, Buffer dlogVar) {
    requireOpen(logVar, dz, dlogVar);
  }

  @Override
  public void gaussianKl(
      Buffer mu, Buffer logVar, @Nullable Buffer mask, Buffer kl, int rows, int cols) {
    requireOpen(mu, logVar, kl);
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
    requireOpen(mu, logVar, dkl, dmu, dlogVar);
  }
}
