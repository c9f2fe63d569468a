package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.RandomKernels;
import org.jspecify.annotations.Nullable;

/** Random numbers and what is made of them on the GPU. */
final class CudaRandomKernels implements RandomKernels {

  private static final int THREADS = 256;

  /** Elements of the divergence that are worth a block of their own. */
  private static final int CHUNK = 2048;

  private final CudaStream stream;
  private final Kernel uniform;
  private final Kernel normal;
  private final Kernel dropout;
  private final Kernel reparameterize;
  private final Kernel reparameterizeGrad;
  private final Kernel gaussianKl;
  private final Kernel gaussianKlMean;
  private final Kernel keptRows;
  private final Kernel gaussianKlGrad;

  CudaRandomKernels(CudaStream stream) {
    this.stream = stream;
    uniform = stream.kernel("random", "random_uniform");
    normal = stream.kernel("random", "random_normal");
    dropout = stream.kernel("random", "random_dropout");
    reparameterize = stream.kernel("random", "reparameterize");
    reparameterizeGrad = stream.kernel("random", "reparameterize_grad");
    gaussianKl = stream.kernel("gaussian", "gaussian_kl");
    gaussianKlMean = stream.kernel("gaussian", "gaussian_kl_mean");
    keptRows = stream.kernel("gaussian", "kept_rows");
    gaussianKlGrad = stream.kernel("gaussian", "gaussian_kl_grad");
  }

  @Override
  public void normal(long seed, long stream, Buffer y) {
    normal.random(seed, stream).out(y).value(y.length()).over(y.length());
  }

  @Override
  public void uniform(long seed, long stream, Buffer y) {
    uniform.random(seed, stream).out(y).value(y.length()).over(y.length());
  }

  @Override
  public void dropout(Dropout dropped, Buffer x, Buffer y) {
    dropout.dropout(dropped).in(x).out(y).value(y.length()).over(y.length());
  }

  @Override
  public void reparameterize(long seed, long stream, Buffer mu, Buffer logVar, Buffer z) {
    reparameterize.random(seed, stream).in(mu).in(logVar).out(z).value(z.length()).over(z.length());
  }

  @Override
  public void reparameterizeGrad(long seed, long stream, Buffer logVar, Buffer dz, Buffer dlogVar) {
    reparameterizeGrad
        .random(seed, stream)
        .in(logVar)
        .in(dz)
        .out(dlogVar)
        .value(dz.length())
        .over(dz.length());
  }

  @Override
  public void gaussianKl(
      Buffer mu, Buffer logVar, @Nullable Buffer mask, Buffer kl, int rows, int cols) {
    long wanted = ((long) rows * cols + CHUNK - 1) / CHUNK;
    int blocks = (int) Math.max(1, Math.min(4L * stream.processors(), wanted));
    try (var sums = stream.scratch(DType.F32, 4 * blocks)) { // two doubles each
      gaussianKl
          .in(mu)
          .in(logVar)
          .inOrNull(mask)
          .out(sums)
          .value(rows)
          .value(cols)
          .launch(blocks, THREADS);
      gaussianKlMean.in(sums).value(blocks).out(kl).launch(1, THREADS);
    }
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
    try (var kept = stream.scratch(DType.I32, 1)) {
      if (mask != null) {
        keptRows.in(mask).value(rows).outInts(kept).launch(1, 4 * THREADS);
      }
      gaussianKlGrad
          .in(mu)
          .in(logVar)
          .inOrNull(mask)
          .inInts(kept)
          .in(dkl)
          .out(dmu)
          .out(dlogVar)
          .value(rows)
          .value(cols)
          .over(4L * rows * cols);
    }
  }
}
