package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.NormKernels;
import dev.mmib.cuda.RowKernels.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Normalizations on the GPU. */
final class CudaNormKernels implements NormKernels, AutoCloseable {

  /** As kernels/softmax.cu lists them. */
  private static final List<Shape> SOFTMAX_SHAPES =
      List.of(
          new Shape("v8x4", 4, 128, 8),
          new Shape("v32x4", 4, 512, 32),
          new Shape("v32x8", 4, 1024, 32),
          new Shape("s8x4", 1, 32, 8),
          new Shape("s32x4", 1, 128, 32),
          new Shape("s32x16", 1, 512, 32),
          new Shape("b256x16", 1, 4096, 256),
          Shape.block("long"));

  private final RowKernels softmax;
  private final RowKernels softmaxGrad;
  private final RowKernels logSoftmax;
  private final RowKernels logSoftmaxGrad;
  private final Kernel normalizeRows;
  private final Kernel normalizeRowsGrad;
  private final CudaLayerNorm layerNorm;
  private final CudaBatchNorm batchNorm;

  CudaNormKernels(CudaStream stream, Cudnn cudnn) {
    softmax = new RowKernels(stream, "softmax", "softmax", SOFTMAX_SHAPES);
    softmaxGrad = new RowKernels(stream, "softmax", "softmax_grad", SOFTMAX_SHAPES);
    logSoftmax = new RowKernels(stream, "softmax", "log_softmax", SOFTMAX_SHAPES);
    logSoftmaxGrad = new RowKernels(stream, "softmax", "log_softmax_grad", SOFTMAX_SHAPES);
    normalizeRows = stream.kernel("normalize_rows", "normalize_rows");
    normalizeRowsGrad = stream.kernel("normalize_rows", "normalize_rows_grad");
    layerNorm = new CudaLayerNorm(stream);
    batchNorm = new CudaBatchNorm(stream, cudnn);
  }

  @Override
  public void softmax(Buffer x, Buffer y, int rows, int cols) {
    softmax.launch(rows, cols, k -> k.in(x).out(y));
  }

  @Override
  public void softmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    softmaxGrad.launch(rows, cols, k -> k.in(y).in(dy).out(dx));
  }

  @Override
  public void logSoftmax(Buffer x, Buffer y, int rows, int cols) {
    logSoftmax.launch(rows, cols, k -> k.in(x).out(y));
  }

  @Override
  public void logSoftmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    logSoftmaxGrad.launch(rows, cols, k -> k.in(y).in(dy).out(dx));
  }

  @Override
  public void layerNorm(
      Buffer x,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    layerNorm.forward(x, gamma, beta, eps, y, mean, invStd, rows, cols);
  }

  @Override
  public void layerNormGrad(
      Buffer x,
      Buffer gamma,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dx,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols) {
    layerNorm.backward(x, gamma, mean, invStd, dy, dx, dgamma, dbeta, rows, cols);
  }

  @Override
  public void residualLayerNorm(
      Dropout dropout,
      Buffer x,
      Buffer residual,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer sum,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    layerNorm.residualForward(
        dropout, x, residual, gamma, beta, eps, sum, y, mean, invStd, rows, cols);
  }

  @Override
  public void residualLayerNormGrad(
      Dropout dropout,
      Buffer sum,
      Buffer gamma,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dx,
      Buffer dresidual,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols) {
    layerNorm.residualBackward(
        dropout, sum, gamma, mean, invStd, dy, dx, dresidual, dgamma, dbeta, rows, cols);
  }

  @Override
  public void normalizeRows(Buffer x, Buffer y, Buffer invNorm, int rows, int cols) {
    if (rows > 0) {
      normalizeRows
          .in(x)
          .out(y)
          .out(invNorm)
          .value(rows)
          .value(cols)
          .launch(rows, RowKernels.blockThreads(cols));
    }
  }

  @Override
  public void normalizeRowsGrad(
      Buffer y, Buffer invNorm, Buffer dy, Buffer dx, int rows, int cols) {
    if (rows > 0) {
      normalizeRowsGrad
          .in(y)
          .in(invNorm)
          .in(dy)
          .out(dx)
          .value(rows)
          .value(cols)
          .launch(rows, RowKernels.blockThreads(cols));
    }
  }

  @Override
  public void batchStatistics(Channels size, Buffer x, Buffer mean, Buffer variance) {
    batchNorm.statistics(size, x, mean, variance);
  }

  @Override
  public void batchNorm(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y) {
    batchNorm.forward(size, x, mean, variance, gamma, beta, eps, y);
  }

  @Override
  public void batchNormGrad(
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
    batchNorm.backward(size, x, mean, variance, gamma, eps, statisticsOfX, dy, dx, dgamma, dbeta);
  }

  @Override
  public void close() {
    batchNorm.close();
  }
}
