package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.PoolingKernels;
import org.jspecify.annotations.Nullable;

/** Pooling in plain Java, plane by plane. */
public final class HostPoolingKernels implements PoolingKernels {

  private final Workers workers;

  public HostPoolingKernels(Workers workers) {
    this.workers = workers;
  }

  /** What is done to one plane. */
  @FunctionalInterface
  private interface PlaneTask {
    void run(int plane);
  }

  private void forEachPlane(int planes, int size, PlaneTask task) {
    workers.forEach(
        planes,
        Math.max(1, (1 << 14) / size),
        (from, to) -> {
          for (int plane = from; plane < to; plane++) {
            task.run(plane);
          }
        });
  }

  @Override
  public void max(Pool2d pool, Buffer x, Buffer y, @Nullable Buffer argmax) {
    var input = HostBuffer.floats(x);
    var output = HostBuffer.floats(y);
    var indices = argmax == null ? null : HostBuffer.ints(argmax);
    var windows = PoolingWindows.of(pool, true);
    int size = pool.height() * pool.width();
    int outSize = pool.outHeight() * pool.outWidth();
    forEachPlane(
        pool.planes(),
        size,
        plane -> {
          var values = new float[size];
          var largest = new float[outSize];
          var where = new int[outSize];
          input.get(plane * size, values, 0, size);
          windows.max(values, largest, where);
          output.put(plane * outSize, largest, 0, outSize);
          if (indices != null) {
            indices.put(plane * outSize, where, 0, outSize);
          }
        });
  }

  @Override
  public void maxGrad(Pool2d pool, Buffer argmax, Buffer dy, Buffer dx) {
    var indices = HostBuffer.ints(argmax);
    var doutput = HostBuffer.floats(dy);
    var dinput = HostBuffer.floats(dx);
    int size = pool.height() * pool.width();
    int outSize = pool.outHeight() * pool.outWidth();
    forEachPlane(
        pool.planes(),
        size,
        plane -> {
          var where = new int[outSize];
          var gradients = new float[outSize];
          var sums = new float[size];
          indices.get(plane * outSize, where, 0, outSize);
          doutput.get(plane * outSize, gradients, 0, outSize);
          for (int i = 0; i < outSize; i++) {
            sums[where[i]] += gradients[i];
          }
          dinput.put(plane * size, sums, 0, size);
        });
  }

  @Override
  public void average(Pool2d pool, boolean countPadding, Buffer x, Buffer y) {
    mean(pool.planes(), PoolingWindows.of(pool, countPadding), x, y);
  }

  @Override
  public void averageGrad(Pool2d pool, boolean countPadding, Buffer dy, Buffer dx) {
    meanGrad(pool.planes(), PoolingWindows.of(pool, countPadding), dy, dx);
  }

  @Override
  public void adaptiveAverage(
      int planes, int height, int width, int outHeight, int outWidth, Buffer x, Buffer y) {
    mean(planes, PoolingWindows.adaptive(height, width, outHeight, outWidth), x, y);
  }

  @Override
  public void adaptiveAverageGrad(
      int planes, int height, int width, int outHeight, int outWidth, Buffer dy, Buffer dx) {
    meanGrad(planes, PoolingWindows.adaptive(height, width, outHeight, outWidth), dy, dx);
  }

  private void mean(int planes, PoolingWindows windows, Buffer x, Buffer y) {
    var input = HostBuffer.floats(x);
    var output = HostBuffer.floats(y);
    forEachPlane(
        planes,
        windows.size(),
        plane -> {
          var values = new float[windows.size()];
          var means = new float[windows.count()];
          input.get(plane * values.length, values, 0, values.length);
          windows.mean(values, means);
          output.put(plane * means.length, means, 0, means.length);
        });
  }

  private void meanGrad(int planes, PoolingWindows windows, Buffer dy, Buffer dx) {
    var doutput = HostBuffer.floats(dy);
    var dinput = HostBuffer.floats(dx);
    forEachPlane(
        planes,
        windows.size(),
        plane -> {
          var gradients = new float[windows.count()];
          var sums = new float[windows.size()];
          doutput.get(plane * gradients.length, gradients, 0, gradients.length);
          windows.meanGrad(gradients, sums);
          dinput.put(plane * sums.length, sums, 0, sums.length);
        });
  }
}
