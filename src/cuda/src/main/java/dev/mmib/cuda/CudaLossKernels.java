package dev.mmib.cuda;

import static dev.mmib.cuda.RowKernels.blocks;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.LossKernels;
import dev.mmib.cuda.RowKernels.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Losses on the GPU. */
final class CudaLossKernels implements LossKernels {

  /** As kernels/loss.cu lists them. */
  private static final List<Shape> SHAPES =
      List.of(new Shape("warp", 1, 2048, 32), Shape.block("block"));

  private static final int THREADS = 256;

  /** Logits of a block of the logistic loss. */
  private static final int LOGITS_A_BLOCK = 32 * THREADS;

  private static final int MOST_BLOCKS_DOWN = 65535;

  private final CudaStream stream;
  private final RowKernels crossEntropy;
  private final RowKernels crossEntropyGrad;
  private final Kernel binaryCrossEntropy;
  private final Kernel binaryCrossEntropyGrad;
  private final Kernel infoNceStatistics;
  private final Kernel infoNce;
  private final Kernel infoNceGrad;
  private final Kernel logistic;
  private final Kernel logisticFinish;
  private final Kernel logisticGrad;

  CudaLossKernels(CudaStream stream) {
    this.stream = stream;
    crossEntropy = new RowKernels(stream, "loss", "cross_entropy", SHAPES);
    crossEntropyGrad = new RowKernels(stream, "loss", "cross_entropy_grad", SHAPES);
    binaryCrossEntropy = stream.kernel("loss", "binary_cross_entropy");
    binaryCrossEntropyGrad = stream.kernel("loss", "binary_cross_entropy_grad");
    infoNceStatistics = stream.kernel("alignment", "info_nce_statistics");
    infoNce = stream.kernel("alignment", "info_nce");
    infoNceGrad = stream.kernel("alignment", "info_nce_grad");
    logistic = stream.kernel("alignment", "logistic");
    logisticFinish = stream.kernel("alignment", "logistic_finish");
    logisticGrad = stream.kernel("alignment", "logistic_grad");
  }

  @Override
  public void crossEntropy(
      Buffer x, Buffer targets, @Nullable Buffer weights, Buffer loss, int rows, int cols) {
    crossEntropy.launch(rows, cols, k -> k.in(x).inInts(targets).inOrNull(weights).out(loss));
  }

  @Override
  public void crossEntropyGrad(
      Buffer x,
      Buffer targets,
      @Nullable Buffer weights,
      Buffer dloss,
      Buffer dx,
      int rows,
      int cols) {
    crossEntropyGrad.launch(
        rows, cols, k -> k.in(x).inInts(targets).inOrNull(weights).in(dloss).out(dx));
  }

  @Override
  public void binaryCrossEntropy(Buffer x, Buffer target, Buffer loss) {
    long n = x.length();
    binaryCrossEntropy.in(x).in(target).out(loss).value(n).over(n);
  }

  @Override
  public void binaryCrossEntropyGrad(Buffer x, Buffer target, Buffer dloss, Buffer dx) {
    long n = x.length();
    binaryCrossEntropyGrad.in(x).in(target).in(dloss).out(dx).value(n).over(n);
  }

  @Override
  public void infoNce(Buffer scores, Buffer loss, int n) {
    try (var statistics = stream.scratch(DType.F32, 4 * n)) {
      statistics(scores, statistics, n);
      int threads = Math.min(1024, 32 * blocks(n, 32));
      infoNce.in(scores).in(statistics).out(loss).value(n).launch(1, threads);
    }
  }

  @Override
  public void infoNceGrad(Buffer scores, Buffer dloss, Buffer dscores, int n) {
    try (var statistics = stream.scratch(DType.F32, 4 * n)) {
      statistics(scores, statistics, n);
      int threads = Math.min(THREADS, 32 * blocks(n, 32));
      infoNceGrad
          .in(scores)
          .in(statistics)
          .in(dloss)
          .out(dscores)
          .value(n)
          .launch(blocks(n, threads), Math.min(n, MOST_BLOCKS_DOWN), 1, threads, 0);
    }
  }

  /** Maxima and sums of all rows and columns. */
  private void statistics(Buffer scores, Buffer statistics, int n) {
    infoNceStatistics.in(scores).out(statistics).value(n).launch(blocks(n, 32), 2, 1, 1024, 0);
  }

  @Override
  public void logistic(Buffer logits, boolean truth, Buffer loss) {
    long n = logits.length();
    int parts = Math.min(4 * stream.processors(), blocks(logits.length(), LOGITS_A_BLOCK));
    float sign = truth ? -1 : 1;
    if (parts == 1) {
      logistic.in(logits).value(sign).out(loss).value(n).launch(1, THREADS);
      return;
    }
    try (var partial = stream.scratch(DType.F32, parts)) {
      logistic.in(logits).value(sign).out(partial).value(n).launch(parts, THREADS);
      logisticFinish.in(partial).value(parts).out(loss).launch(1, THREADS);
    }
  }

  @Override
  public void logisticGrad(Buffer logits, boolean truth, Buffer dloss, Buffer dlogits) {
    long n = logits.length();
    float label = truth ? 1 : 0;
    logisticGrad.in(logits).value(label).in(dloss).out(dlogits).value(n).over(n);
  }
}
