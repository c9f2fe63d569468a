package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.PoolingKernels;
import org.jspecify.annotations.Nullable;

/** Pooling on the GPU: means over windows of one size by cuDNN, the rest by kernels of our own. */
final class CudaPoolingKernels implements PoolingKernels, AutoCloseable {

  private static final int WARP = 32;

  private final CudaStream stream;
  private final Kernel maxPool;
  private final Kernel maxPoolGrad;
  private final Kernel meanPool;
  private final Kernel meanPoolGrad;
  private final CudnnAveragePooling averagePooling;

  CudaPoolingKernels(CudaStream stream, Cudnn cudnn) {
    this.stream = stream;
    averagePooling = new CudnnAveragePooling(cudnn);
    maxPool = stream.kernel("pooling", "max_pool");
    maxPoolGrad = stream.kernel("pooling", "max_pool_grad");
    meanPool = stream.kernel("pooling", "mean_pool");
    meanPoolGrad = stream.kernel("pooling", "mean_pool_grad");
  }

  @Override
  public void max(Pool2d pool, Buffer x, Buffer y, @Nullable Buffer argmax) {
    if (argmax == null) {
      try (var unused = stream.scratch(DType.I32, y.length())) {
        max(pool, x, y, unused);
      }
      return;
    }
    maxPool.in(x).out(y).outInts(argmax);
    windows(maxPool, pool).over(4L * y.length());
  }

  @Override
  public void maxGrad(Pool2d pool, Buffer argmax, Buffer dy, Buffer dx) {
    maxPoolGrad.inInts(argmax).in(dy).out(dx);
    windows(maxPoolGrad, pool).over(4L * dx.length());
  }

  @Override
  public void average(Pool2d pool, boolean countPadding, Buffer x, Buffer y) {
    averagePooling.forward(pool, countPadding, x, y);
  }

  @Override
  public void averageGrad(Pool2d pool, boolean countPadding, Buffer dy, Buffer dx) {
    averagePooling.backward(pool, countPadding, dy, dx);
  }

  @Override
  public void adaptiveAverage(
      int planes, int height, int width, int outHeight, int outWidth, Buffer x, Buffer y) {
    int lanes = lanes(height / outHeight * (width / outWidth));
    meanPool.value(lanes).in(x).out(y);
    cells(meanPool, planes, height, width, outHeight, outWidth).over(4L * lanes * y.length());
  }

  @Override
  public void adaptiveAverageGrad(
      int planes, int height, int width, int outHeight, int outWidth, Buffer dy, Buffer dx) {
    meanPoolGrad.in(dy).out(dx);
    cells(meanPoolGrad, planes, height, width, outHeight, outWidth).over(4L * dx.length());
  }

  /** Threads for a window of so many elements: a warp where it gives each lane something to do. */
  private static int lanes(int window) {
    return window >= WARP ? WARP : 1;
  }

  private static Kernel windows(Kernel kernel, Pool2d pool) {
    return kernel
        .value(pool.planes())
        .value(pool.height())
        .value(pool.width())
        .value(pool.outHeight())
        .value(pool.outWidth())
        .value(pool.kernelHeight())
        .value(pool.kernelWidth())
        .value(pool.strideHeight())
        .value(pool.strideWidth())
        .value(pool.padHeight())
        .value(pool.padWidth());
  }

  private static Kernel cells(
      Kernel kernel, int planes, int height, int width, int outHeight, int outWidth) {
    return kernel.value(planes).value(height).value(width).value(outHeight).value(outWidth);
  }

  @Override
  public void close() {
    averagePooling.close();
  }
}
