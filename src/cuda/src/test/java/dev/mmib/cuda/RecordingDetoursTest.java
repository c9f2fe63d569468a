package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Precision;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Recorded work that once takes another way or fails leaves nothing to the runs after it. */
@Tag("gpu")
class RecordingDetoursTest {

  private static final int RUNS = 7;

  /** The first is the rehearsal, the second is captured. */
  private static final int DETOUR = 3;

  private static float[] filled(int n, float value) {
    var values = new float[n];
    Arrays.fill(values, value);
    return values;
  }

  private static float first(CudaBackend device, Buffer buffer) {
    var read = new float[1];
    device.download(buffer, 0, read, 0, 1);
    return read[0];
  }

  /** Where the host has waited: more, which the graph's uploads have no room for, or less. */
  @ParameterizedTest
  @ValueSource(ints = {5000, 1})
  void mayUploadAnotherNumberOfElements(int elsewhere) {
    try (var device = Gpu.open(Precision.FP32, true);
        var a = device.allocate(DType.F32, 5000)) {
      for (int run = 0; run < RUNS; run++) {
        int n = run == DETOUR ? elsewhere : 40;
        var values = filled(n, run);
        device.repeat(
            "load",
            0,
            () -> {
              device.elementwise().fill(a, -1);
              assertEquals(-1, first(device, a));
              device.upload(values, 0, a, 0, n);
              device.elementwise().affine(a, 2, 0, a);
              return 0;
            });
        var want = filled(5000, -2);
        Arrays.fill(want, 0, n, 2 * run);
        var got = new float[5000];
        device.download(a, 0, got, 0, got.length);
        assertArrayEquals(want, got, "run " + run);
      }
      assertEquals(RUNS - 3, device.replays());
    }
  }

  @Test
  void mayEndWhereTheHostHasWaitedAndWaitOnceMore() {
    try (var device = Gpu.open(Precision.FP32, true);
        var a = device.allocate(DType.F32, 8)) {
      for (int run = 0; run < RUNS; run++) {
        boolean ends = run == DETOUR;
        boolean waits = run == DETOUR + 1;
        int seen =
            device.repeat(
                "wait",
                0,
                () -> {
                  device.elementwise().fill(a, 3);
                  assertEquals(3, first(device, a));
                  if (ends) {
                    return 3;
                  }
                  device.elementwise().affine(a, 2, 0, a);
                  return waits ? (int) first(device, a) : 6;
                });
        assertEquals(ends ? 3 : 6, seen);
        assertEquals(seen, first(device, a), "run " + run);
      }
      assertEquals(RUNS - 4, device.replays());
    }
  }

  /** A buffer that the work had closed in the run that was captured; its place was used again. */
  @Test
  void refusesToOverwriteWhatTheWorkHolds() {
    try (var device = Gpu.open(Precision.FP32, true)) {
      var held = new ArrayList<Buffer>();
      for (int run = 0; run < RUNS; run++) {
        boolean holds = run == DETOUR;
        Runnable work = () -> device.repeat("hold", 0, () -> twoAfterAnother(device, holds, held));
        if (holds) {
          var e = assertThrows(IllegalStateException.class, work::run);
          assertTrue(e.toString().contains("name in the key"), e.toString());
          held.forEach(Buffer::close);
        } else {
          work.run();
        }
        assertEquals(0, device.memory().liveBuffers(), "run " + run);
      }
      assertEquals(RUNS - 3, device.replays());
    }
  }

  private static int twoAfterAnother(CudaBackend device, boolean holds, List<Buffer> held) {
    var one = device.allocate(DType.F32, 8);
    device.elementwise().fill(one, 1);
    if (holds) {
      held.add(one);
    } else {
      one.close();
    }
    try (var two = device.allocate(DType.F32, 8)) {
      device.elementwise().fill(two, 2);
    }
    return 0;
  }

  /** In its second stretch, with an upload under way that no graph has. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4})
  void failsAfterTheHostHasWaited(int failing) {
    try (var device = Gpu.open(Precision.FP32, true);
        var a = device.allocate(DType.F32, 5000)) {
      for (int run = 0; run < RUNS; run++) {
        boolean fails = run == failing;
        var values = filled(fails ? 5000 : 8, run);
        Runnable work =
            () ->
                device.repeat(
                    "work",
                    0,
                    () -> {
                      device.elementwise().fill(a, 5);
                      assertEquals(5, first(device, a));
                      device.upload(values, 0, a, 0, values.length);
                      if (fails) {
                        throw new ArithmeticException("planted");
                      }
                      return 0;
                    });
        if (fails) {
          var e = assertThrows(ArithmeticException.class, work::run);
          assertEquals(0, e.getSuppressed().length);
        } else {
          work.run();
          assertEquals(run, first(device, a), "run " + run);
        }
      }
      assertTrue(device.replays() >= RUNS - 5, device.replays() + " replays");
    }
  }

  /** The graph that rounds the weights anew did not run: nobody may take its copy for made. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void multipliesByTheWeightsOfTodayAfterARunThatFailed(int failing) {
    int n = 8;
    var product = Product.of(n, n, n, false, false);
    try (var device = Gpu.open(Precision.BF16, true);
        var work = new Work(device, 29)) {
      var x = work.of(filled(n * n, 1));
      var w = work.of(filled(n * n, 1));
      var y = work.room(n * n);
      for (int run = 0; run <= failing; run++) {
        boolean fails = run == failing;
        Runnable step =
            () ->
                device.repeat(
                    "step",
                    0,
                    () -> {
                      device.matmul().matmul(product, x, w, null, y);
                      if (fails) {
                        throw new ArithmeticException("planted");
                      }
                      device.elementwise().affine(w, 2, 0, w);
                      return 0;
                    });
        if (fails) {
          assertThrows(ArithmeticException.class, step::run);
        } else {
          step.run();
        }
      }
      device.matmul().matmul(product, x, w, null, y);
      assertEquals(n * (1 << failing), work.read(y)[0]);
    }
  }

  /** A result of other recorded work, which changes before some runs and not before others. */
  @Test
  void roundsTheResultsOfOtherWorkInEveryRun() {
    int n = 8;
    var product = Product.of(n, n, n, false, false);
    try (var device = Gpu.open(Precision.BF16, true);
        var work = new Work(device, 31)) {
      var w = work.of(filled(n * n, 1));
      var y = work.room(n * n);
      var x = device.repeat("other", 0, () -> work.room(n * n));
      float value = 1;
      for (int run = 0; run < RUNS; run++) {
        if (run % 2 == 0) {
          value *= 2;
          device.elementwise().fill(x, value);
        }
        device.repeat(
            "product",
            0,
            () -> {
              device.matmul().matmul(product, x, w, null, y);
              return 0;
            });
        assertEquals(n * value, work.read(y)[0], "run " + run);
      }
      assertEquals(RUNS - 2, device.replays());
    }
  }
}
