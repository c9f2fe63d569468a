package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.PoolingKernels;
import java.nio.IntBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Pooling of pictures that lie in {@link ChannelBlocks}: the largest of each window, and the mean
 * of whole planes. All other pooling is the host's.
 */
final class BlockedPoolingKernels implements PoolingKernels {

  private final Workers workers;
  private final PoolingKernels host;

  BlockedPoolingKernels(Workers workers, PoolingKernels host) {
    this.workers = workers;
    this.host = host;
  }

  /** The blocks in which planes of {@code places} lie; null if they do not. */
  private static @Nullable ChannelBlocks order(Buffer x, int planes, int places) {
    var order = Arranger.blocksOf(x);
    boolean fits =
        order != null && order.places() == places && order.batch() * order.channels() == planes;
    return fits ? order : null;
  }

  private static ChannelBlocks withPlaces(ChannelBlocks order, int places) {
    return new ChannelBlocks(order.batch(), order.channels(), places, order.block());
  }

  @Override
  public void max(Pool2d pool, Buffer x, Buffer y, @Nullable Buffer argmax) {
    var order = order(x, pool.planes(), pool.height() * pool.width());
    if (order == null || order.places() > MaxWindows.MOST_PLACES) {
      host.max(pool, x, y, argmax);
      return;
    }
    int places = pool.outHeight() * pool.outWidth();
    var from = ChannelBlocks.floats(OffHeapBuffer.of(x).laidOut());
    var to = Arranger.writing(y, withPlaces(order, places));
    var indices = argmax == null ? null : HostBuffer.ints(argmax);
    workers.forEach(
        order.planes(),
        1,
        (begin, end) -> {
          for (int p = begin; p < end; p++) {
            var windows = new MaxWindows(pool, order.block());
            for (int i = 0; i < pool.outHeight(); i++) {
              windows.largest(i, from, p * order.planeLength());
              int at = p * places * order.block() + i * windows.largest.length;
              to.put(at, windows.largest, 0, windows.largest.length);
              if (indices != null) {
                windows.places(i);
                put(windows.where, indices, p * order.block() * places, i, pool);
              }
            }
          }
        });
  }

  /** Puts a row of places where it belongs in planes of outputs, one for each channel. */
  private static void put(int[] where, IntBuffer to, int planes, int row, Pool2d pool) {
    int n = pool.outWidth();
    for (int lane = 0; lane * n < where.length; lane++) {
      to.put(planes + (lane * pool.outHeight() + row) * n, where, lane * n, n);
    }
  }

  @Override
  public void maxGrad(Pool2d pool, Buffer argmax, Buffer dy, Buffer dx) {
    int places = pool.outHeight() * pool.outWidth();
    var order = order(dy, pool.planes(), places);
    if (order == null) {
      host.maxGrad(pool, argmax, dy, dx);
      return;
    }
    int block = order.block();
    var indices = HostBuffer.ints(argmax);
    var from = ChannelBlocks.floats(OffHeapBuffer.of(dy).laidOut());
    var to = Arranger.writing(dx, withPlaces(order, pool.height() * pool.width()));
    workers.forEach(
        order.planes(),
        1,
        (begin, end) -> {
          var gradient = new float[pool.height() * pool.width() * block];
          var upstream = new float[places * block];
          var where = new int[places * block];
          for (int p = begin; p < end; p++) {
            Arrays.fill(gradient, 0);
            from.get(p * upstream.length, upstream, 0, upstream.length);
            indices.get(p * where.length, where, 0, where.length);
            for (int lane = 0; lane < block; lane++) {
              for (int place = 0; place < places; place++) {
                gradient[where[lane * places + place] * block + lane] +=
                    upstream[place * block + lane];
              }
            }
            to.put(p * gradient.length, gradient, 0, gradient.length);
          }
        });
  }

  @Override
  public void adaptiveAverage(
      int planes, int height, int width, int outHeight, int outWidth, Buffer x, Buffer y) {
    int places = height * width;
    var order = order(x, planes, places);
    if (order == null || outHeight != 1 || outWidth != 1) {
      host.adaptiveAverage(planes, height, width, outHeight, outWidth, x, y);
      return;
    }
    int block = order.block();
    var from = ChannelBlocks.floats(OffHeapBuffer.of(x).laidOut());
    var to = HostBuffer.floats(y);
    workers.forEach(
        order.planes(),
        Math.max(1, (1 << 14) / order.planeLength()),
        (begin, end) -> {
          var plane = new float[order.planeLength()];
          var sums = new double[block];
          for (int p = begin; p < end; p++) {
            from.get(p * plane.length, plane, 0, plane.length);
            Arrays.fill(sums, 0);
            for (int i = 0; i < plane.length; i += block) {
              for (int lane = 0; lane < block; lane++) {
                sums[lane] += plane[i + lane];
              }
            }
            for (int lane = 0; lane < block; lane++) {
              to.put(p * block + lane, (float) (sums[lane] / places));
            }
          }
        });
  }

  @Override
  public void adaptiveAverageGrad(
      int planes, int height, int width, int outHeight, int outWidth, Buffer dy, Buffer dx) {
    host.adaptiveAverageGrad(planes, height, width, outHeight, outWidth, dy, dx);
  }

  @Override
  public void average(Pool2d pool, boolean countPadding, Buffer x, Buffer y) {
    host.average(pool, countPadding, x, y);
  }

  @Override
  public void averageGrad(Pool2d pool, boolean countPadding, Buffer dy, Buffer dx) {
    host.averageGrad(pool, countPadding, dy, dx);
  }
}
