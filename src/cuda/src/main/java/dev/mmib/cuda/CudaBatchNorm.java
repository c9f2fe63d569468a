package dev.mmib.cuda;

import static dev.mmib.cuda.RowKernels.blocks;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.NormKernels.Channels;
import org.jspecify.annotations.Nullable;

/** Batch normalization per channel: by cuDNN, and kernels of our own for what it does not offer. */
final class CudaBatchNorm implements AutoCloseable {

  private static final int THREADS = 256;

  /** Blocks that keep a multiprocessor busy. */
  private static final int BLOCKS_A_PROCESSOR = 8;

  /** Vectors that a thread should sum at least, for splitting a channel to pay. */
  private static final int LEAST_VECTORS = 4;

  private static final int WARPS = THREADS / 32;

  private final CudaStream stream;
  private final Kernel statisticsByFours;
  private final Kernel statistics;
  private final Kernel finishStatistics;
  private final Kernel sumsByFours;
  private final Kernel sums;
  private final Kernel finishSums;
  private final Kernel constantGrad;
  private final CudnnBatchNorm cudnn;

  CudaBatchNorm(CudaStream stream, Cudnn cudnn) {
    this.stream = stream;
    this.cudnn = new CudnnBatchNorm(cudnn);
    statisticsByFours = kernel("batch_statistics_v");
    statistics = kernel("batch_statistics_s");
    finishStatistics = kernel("batch_statistics_finish");
    sumsByFours = kernel("batch_norm_sums_v");
    sums = kernel("batch_norm_sums_s");
    finishSums = kernel("batch_norm_sums_finish");
    constantGrad = kernel("batch_norm_grad_constant");
  }

  private Kernel kernel(String name) {
    return stream.kernel("batch_norm", name);
  }

  private static boolean byFours(Channels size) {
    return size.spatial() % 4 == 0;
  }

  /** Into how many blocks' work to divide a channel. */
  private int splits(Channels size) {
    int vectors = size.batch() * size.spatial() / (byFours(size) ? 4 : 1);
    int wanted = blocks(BLOCKS_A_PROCESSOR * stream.processors(), size.channels());
    return Math.min(wanted, blocks(vectors, LEAST_VECTORS * THREADS));
  }

  void statistics(Channels size, Buffer x, Buffer mean, Buffer variance) {
    int splits = splits(size);
    try (var partial = stream.scratch(DType.F32, 3 * size.channels() * splits)) {
      sizes(
              (byFours(size) ? statisticsByFours : statistics)
                  .in(x)
                  .out(mean)
                  .out(variance)
                  .out(partial),
              size)
          .launch(size.channels(), splits, 1, THREADS, 0);
      if (splits > 1) {
        finish(finishStatistics.in(partial).out(mean).out(variance), size, splits);
      }
    }
  }

  private static Kernel sizes(Kernel kernel, Channels size) {
    return kernel.value(size.batch()).value(size.channels()).value(size.spatial());
  }

  private static void finish(Kernel kernel, Channels size, int splits) {
    kernel.value(size.channels()).value(splits).launch(blocks(size.channels(), WARPS), THREADS);
  }

  private static long numbers(Channels size) {
    return (long) size.batch() * size.channels() * size.spatial();
  }

  void forward(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y) {
    cudnn.forward(size, x, mean, variance, gamma, beta, eps, y);
  }

  void backward(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      Buffer gamma,
      double eps,
      boolean statisticsOfX,
      Buffer dy,
      @Nullable Buffer dx,
      Buffer dgamma,
      Buffer dbeta) {
    if (statisticsOfX && dx != null) {
      cudnn.backward(size, x, gamma, eps, dy, dx, dgamma, dbeta);
      return;
    }
    sums(size, x, mean, variance, eps, dy, dgamma, dbeta);
    if (dx != null) {
      constantGrad
          .in(variance)
          .in(gamma)
          .value((float) eps)
          .in(dy)
          .out(dx)
          .value(numbers(size))
          .value(size.channels())
          .value(size.spatial())
          .over(numbers(size));
    }
  }

  private void sums(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      double eps,
      Buffer dy,
      Buffer dgamma,
      Buffer dbeta) {
    int splits = splits(size);
    try (var partial = stream.scratch(DType.F32, 2 * size.channels() * splits)) {
      sizes(
              (byFours(size) ? sumsByFours : sums)
                  .in(x)
                  .in(mean)
                  .in(variance)
                  .value((float) eps)
                  .in(dy)
                  .out(dgamma)
                  .out(dbeta)
                  .out(partial),
              size)
          .launch(size.channels(), splits, 1, THREADS, 0);
      if (splits > 1) {
        finish(finishSums.in(partial).out(dgamma).out(dbeta), size, splits);
      }
    }
  }

  @Override
  public void close() {
    cudnn.close();
  }
}
