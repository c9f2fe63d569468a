package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

/** A backend over its life: many sizes, many threads, too little memory, other people's buffers. */
class CpuBackendLifeTest {

  private static final Conv2d CONV = new Conv2d(2, 16, 12, 12, 24, 3, 3, 1, 1, 1, 1, 1, 1, 1);

  /** One of each kind, at size {@code n}; the sum of all results. */
  private static float[] everything(CpuBackend cpu, int n) {
    var numbers = new Numbers();
    var heads = new Heads(1, 2, n, n, 8, 0.3);
    int rows = n * 16;
    try (Buffer x = Numbers.buffer(cpu, numbers.normal(rows));
        Buffer w = Numbers.buffer(cpu, numbers.normal(16 * 16));
        Buffer gamma = Numbers.buffer(cpu, numbers.normal(16));
        Buffer y = cpu.allocate(DType.F32, rows);
        Buffer z = cpu.allocate(DType.F32, rows);
        Buffer mean = cpu.allocate(DType.F32, n);
        Buffer inverse = cpu.allocate(DType.F32, n);
        Buffer saved = cpu.allocate(DType.F32, cpu.attention().savedLength(heads));
        Buffer image = Numbers.buffer(cpu, numbers.normal(2 * 16 * 144));
        Buffer filters = Numbers.buffer(cpu, numbers.normal(24 * 16 * 9));
        Buffer out = cpu.allocate(DType.F32, 2 * 24 * 144)) {
      cpu.matmul().matmul(Product.of(n, 16, 16, false, true), x, w, gamma, y);
      cpu.norm().layerNorm(y, gamma, gamma, 1e-5, x, mean, inverse, n, 16);
      cpu.norm().softmax(x, y, n, 16);
      cpu.attention().forward(heads, x, y, x, Masks.NONE, new Dropout(0.1, 1, 2), z, saved);
      cpu.convolution().forward(CONV, image, filters, null, out);
      var results = new float[rows + out.length()];
      cpu.download(z, 0, results, 0, rows);
      cpu.download(out, 0, results, rows, out.length());
      return results;
    }
  }

  @Test
  void keepsNothingOfManyShapes() {
    try (var cpu = new CpuBackend(2);
        Buffer weights = cpu.allocate(DType.F32, 1)) {
      long before = 0;
      for (int i = 0; i < 1200; i++) {
        if (i == 300) {
          before = Pointer.physicalBytes() - usedHeap();
        }
        everything(cpu, 1 + i);
      }
      long grown = Pointer.physicalBytes() - Runtime.getRuntime().totalMemory() - before >> 20;
      assertTrue(grown < 400, "grown by " + grown + " MiB outside the heap");
      assertTrue(cpu.oneDnn().plans() <= 272, "plans: " + cpu.oneDnn().plans());
      assertEquals(1, cpu.memory().liveBuffers());
      assertEquals(1, weights.length());
    }
  }

  @Test
  void computesTheSameBitsAgainAndInANewBackend() {
    float[] first;
    try (var cpu = new CpuBackend(2)) {
      first = everything(cpu, 127);
      assertArrayEquals(first, everything(cpu, 127));
    }
    try (var cpu = new CpuBackend(2)) {
      assertArrayEquals(first, everything(cpu, 127));
    }
  }

  @Test
  void leavesABackendThatRanOutOfMemoryUsable() {
    try (var cpu = new CpuBackend(2, new OffHeapMemory(4 << 20), true)) {
      var error = assertThrows(MmibException.class, () -> cpu.allocate(DType.F32, 2 << 20));
      assertEquals(ErrorCode.OUT_OF_MEMORY, error.code());
      // Scratch memory counts as well: a block of these scores does not fit beside the filler.
      var heads = new Heads(1, 1, 250, 250, 1, 1);
      try (Buffer q = cpu.allocate(DType.F32, 250 * 250);
          Buffer filler = cpu.allocate(DType.F32, 950_000)) {
        assertEquals(950_000, filler.length());
        assertThrows(
            MmibException.class,
            () ->
                cpu.attention()
                    .backward(heads, q, q, q, Masks.NONE, Dropout.NONE, q, q, q, q, q, q));
      }
      everything(cpu, 33);
      assertEquals(0, cpu.memory().liveBuffers());
    }
  }

  @Test
  void servesManyThreadsOneAfterTheOther() throws Exception {
    try (var cpu = new CpuBackend(2)) {
      float[] wanted = everything(cpu, 65);
      var pool = Executors.newFixedThreadPool(8);
      var tasks = new ArrayList<Callable<float[]>>();
      for (int i = 0; i < 24; i++) {
        tasks.add(
            () -> {
              synchronized (cpu) {
                return everything(cpu, 65);
              }
            });
      }
      for (var done : pool.invokeAll(tasks)) {
        assertArrayEquals(wanted, done.get());
      }
      pool.shutdown();
    }
  }

  @Test
  void refusesBuffersOfOtherDevices() {
    try (var cpu = new CpuBackend(1);
        Backend java = new JavaBackend(1);
        Buffer mine = cpu.allocate(DType.F32, 1);
        Buffer foreign = java.allocate(DType.F32, 1)) {
      var error =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  cpu.matmul()
                      .matmul(Product.of(1, 1, 1, false, false), mine, foreign, null, mine));
      assertTrue(String.valueOf(error.getMessage()).contains("another device"));
    }
  }

  @Test
  void dividesWorkWithoutChangingIt() {
    float[] alone;
    try (var cpu = new CpuBackend(1)) {
      alone = everything(cpu, 1025);
    }
    for (int threads : new int[] {2, 5}) {
      try (var cpu = new CpuBackend(threads)) {
        float[] divided = everything(cpu, 1025);
        var wanted = new double[alone.length];
        for (int i = 0; i < wanted.length; i++) {
          wanted[i] = alone[i];
        }
        Numbers.assertNear(wanted, divided, 1e-5, threads + " threads");
      }
    }
  }

  /**
   * How much of the heap is resident is between what is used and what is committed; taking the one
   * before and the other after, growth of the heap is never mistaken for a leak.
   */
  private static long usedHeap() {
    var runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
