package dev.mmib.cuda.bench;

import dev.mmib.backend.Precision;
import java.io.PrintStream;

/**
 * What a launch costs the host: through Java and the driver, and in a replay, where the driver is
 * not called and Java's share is left.
 */
record LaunchBenchmark(boolean quick, PrintStream out) {

  /** Fewer than what the driver's queue holds, so that none waits for the device. */
  private static final int BURST = 400;

  void run() {
    int bursts = quick ? 3 : 200;
    try (var gpu = new Measuring(Precision.FP32, false, Stopwatch.USUAL, out)) {
      var small = gpu.numbers(4);
      var kernels = gpu.device().elementwise();
      var times = new double[bursts];
      for (int i = -bursts / 2; i < bursts; i++) { // those below 0 warm up
        gpu.await();
        long start = System.nanoTime();
        for (int launch = 0; launch < BURST; launch++) {
          kernels.fill(small, launch);
        }
        times[Math.max(0, i)] = (System.nanoTime() - start) / 1e3 / BURST;
      }
      gpu.print("launch", "4", "launches", Stopwatch.of(times), 0);
    }
    try (var gpu = new Measuring(Precision.FP32, true, Stopwatch.USUAL, out)) {
      var small = gpu.numbers(4);
      var kernels = gpu.device().elementwise();
      var times = new double[bursts];
      for (int i = -bursts / 2 - 2; i < bursts; i++) {
        gpu.await();
        times[Math.max(0, i)] =
            gpu.device()
                .repeat(
                    "burst",
                    0,
                    () -> {
                      long start = System.nanoTime();
                      for (int launch = 0; launch < BURST; launch++) {
                        kernels.fill(small, launch);
                      }
                      return (System.nanoTime() - start) / 1e3 / BURST;
                    });
      }
      gpu.print("launch", "4", "graphs", Stopwatch.of(times), 0);
    }
  }
}
