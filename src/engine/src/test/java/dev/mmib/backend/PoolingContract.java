package dev.mmib.backend;

import dev.mmib.backend.Bench.Twin;
import dev.mmib.backend.kernel.PoolingKernels.Pool2d;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pooling against the reference. */
public interface PoolingContract extends KernelContract {

  private static List<Pool2d> pools(int n) {
    return List.of(
        new Pool2d(3, n, 4, 3, 3, 2, 2, 1, 1),
        new Pool2d(2, 5, n, 1, 1, 1, 1, 0, 0),
        new Pool2d(2, 6, n + 1, 3, 2, 1, 3, 1, 0),
        new Pool2d(n, 4, 3, 2, 2, 2, 2, 0, 0));
  }

  @Test
  default void takesTheFirstLargestOfEachWindow() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        for (var pool : pools(n)) {
          int size = pool.planes() * pool.height() * pool.width();
          max(bench, pool, bench.uniform(size, -3, -1)); // padding would win if it were 0
          var values = new float[size];
          for (int i = 0; i < size; i++) {
            values[i] = bench.random().nextInt(3); // ties
          }
          max(bench, pool, bench.floats(values));
        }
      }
    }
  }

  private static void max(Bench bench, Pool2d pool, Twin x) {
    int outputs = pool.planes() * pool.outHeight() * pool.outWidth();
    var y = bench.floats(outputs);
    var argmax = bench.ints(new int[outputs]);
    bench.each(d -> d.pooling().max(pool, x.on(d), y.on(d), argmax.on(d)));
    bench.assertClose(y, 0, 0, "max of " + pool);
    bench.assertSameInts(argmax, "argmax of " + pool);
    var alone = bench.floats(outputs);
    bench.each(d -> d.pooling().max(pool, x.on(d), alone.on(d), null));
    bench.assertClose(alone, 0, 0, "max without argmax of " + pool);
    var dy = bench.uniform(outputs);
    var dx = bench.floats(x.floats().length);
    bench.each(d -> d.pooling().maxGrad(pool, argmax.on(d), dy.on(d), dx.on(d)));
    bench.assertClose(dx, "max′ of " + pool);
  }

  @Test
  default void averagesEachWindow() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        for (var pool : pools(n)) {
          average(bench, pool, false);
          average(bench, pool, true);
        }
      }
    }
  }

  private static void average(Bench bench, Pool2d pool, boolean countPadding) {
    int outputs = pool.planes() * pool.outHeight() * pool.outWidth();
    var x = bench.uniform(pool.planes() * pool.height() * pool.width());
    var y = bench.floats(outputs);
    bench.each(d -> d.pooling().average(pool, countPadding, x.on(d), y.on(d)));
    bench.assertClose(y, "average of " + pool);
    var dy = bench.uniform(outputs);
    var dx = bench.floats(pool.planes() * pool.height() * pool.width());
    bench.each(d -> d.pooling().averageGrad(pool, countPadding, dy.on(d), dx.on(d)));
    bench.assertClose(dx, "average′ of " + pool);
  }

  @Test
  default void averagesWindowsThatCoverThePlane() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        for (int cells : new int[] {1, 2, 5}) {
          adaptive(bench, 2, n, 3, cells, 2);
          adaptive(bench, 3, 7, n, 3, cells);
          adaptive(bench, n, 2, 4, cells, 4);
        }
      }
    }
  }

  private static void adaptive(
      Bench bench, int planes, int height, int width, int outHeight, int outWidth) {
    var what = planes + " planes " + height + "×" + width + " to " + outHeight + "×" + outWidth;
    var x = bench.uniform(planes * height * width);
    var y = bench.floats(planes * outHeight * outWidth);
    bench.each(
        d ->
            d.pooling()
                .adaptiveAverage(planes, height, width, outHeight, outWidth, x.on(d), y.on(d)));
    bench.assertClose(y, what);
    var dy = bench.uniform(planes * outHeight * outWidth);
    var dx = bench.floats(planes * height * width);
    bench.each(
        d ->
            d.pooling()
                .adaptiveAverageGrad(
                    planes, height, width, outHeight, outWidth, dy.on(d), dx.on(d)));
    bench.assertClose(dx, "gradient of " + what);
  }
}
