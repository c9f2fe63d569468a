package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Precision;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.backend.kernel.CrfKernels.Chain;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.ElementwiseKernels.Binary;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a GPU's memory goes through: backends that come and go, failures, and its end. */
@Tag("gpu")
class CudaLifeTest {

  private static final long MIB = 1 << 20;

  /** What libraries may keep once they have been used: nothing a backend would add each time. */
  private static final long SLACK = 32 * MIB;

  /** A bit of everything, so that each library has allocated what it wants. */
  private static void useAll(CudaBackend device) {
    try (var work = new Work(device, 3)) {
      var a = work.numbers(32 * 32);
      var b = work.numbers(32 * 32);
      var c = work.room(32 * 32);
      device.matmul().matmul(Product.of(32, 32, 32, false, false), a, b, null, c);
      device
          .convolution()
          .forward(new Conv2d(1, 1, 32, 32, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1), c, a, null, b);
      var heads = new Heads(1, 1, 32, 32, 32, 0.2);
      var saved = work.room(device.attention().savedLength(heads));
      device.attention().forward(heads, a, b, c, Masks.NONE, Dropout.NONE, work.room(1024), saved);
      assertTrue(Double.isFinite(device.optimizer().sumOfSquares(c)));
    }
    assertEquals(0, device.memory().liveBuffers());
  }

  private static void assertNoGrowth(long before, long after) {
    assertTrue(
        before - after <= SLACK, // other programs may have given memory back
        () -> (before - after) / MIB + " MiB less are free than before");
  }

  /** Each takes the device anew, since none holds it in between. */
  @Test
  void opensAndClosesTwentyTimesWithoutKeepingMemory() {
    long settled = 0;
    for (int round = 0; round < 20; round++) {
      try (var device = Gpu.open(Precision.FP32, round % 2 == 1)) {
        long free = device.availableBytes();
        settled = round == 1 ? free : settled;
        if (round > 1) {
          assertNoGrowth(settled, free);
        }
        useAll(device);
      }
    }
  }

  /** The device stays open beneath: what the others leave would be seen. */
  @Test
  void leavesNothingToItsNeighbours() {
    try (var neighbour = Gpu.open()) {
      useAll(neighbour);
      long settled = 0;
      for (int round = 0; round < 20; round++) {
        try (var device = Gpu.open(Precision.FP32, round % 2 == 1)) {
          device.repeat("all", 0, () -> recordable(device));
          device.repeat("all", 0, () -> recordable(device));
          useAll(device);
        }
        long free = neighbour.availableBytes();
        settled = round == 1 ? free : settled;
        if (round > 1) {
          assertNoGrowth(settled, free);
        }
      }
    }
  }

  private static int recordable(CudaBackend device) {
    try (var x = device.allocate(DType.F32, 1 << 20)) {
      device.elementwise().fill(x, 1);
    }
    return 0;
  }

  @Test
  void keepsNothingOfACallThatFails() {
    try (var device = Gpu.open();
        var work = new Work(device, 5)) {
      var x = work.numbers(64);
      var y = work.room(64);
      var ints = device.allocate(DType.I32, 64);
      device.upload(new int[] {2}, 0, ints, 0, 1);
      var closed = device.allocate(DType.F32, 64);
      closed.close();
      long buffers = device.memory().liveBuffers();
      long bytes = device.memory().liveBytes();
      var failures =
          List.<Runnable>of(
              () -> device.elementwise().unary(Unary.EXP, x, ints),
              () -> device.elementwise().binary(Binary.ADD, x, closed, y),
              () -> device.norm().softmax(x, closed, 8, 8),
              () -> device.matmul().matmul(Product.of(8, 8, 8, false, false), x, closed, null, y),
              () -> device.optimizer().sumOfSquares(closed),
              () -> device.norm().layerNormGrad(x, x, x, x, x, y, y, closed, 8, 8),
              () -> device.loss().infoNce(closed, y, 8),
              () -> device.loss().infoNceGrad(x, closed, y, 8),
              () -> device.crf().marginals(new Chain(1, 2, 2, closed, ints, x, x, x), y),
              () -> device.crf().marginals(new Chain(1, 2, 2, x, ints, x, x, x), closed),
              () -> device.crf().best(new Chain(1, 2, 2, x, ints, x, x, closed), 1, ints, y),
              () ->
                  device
                      .attention()
                      .backward(
                          new Heads(1, 1, 8, 8, 8, 1),
                          x,
                          x,
                          x,
                          Masks.NONE,
                          Dropout.NONE,
                          x,
                          x,
                          x,
                          y,
                          y,
                          closed));
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < failures.size(); i++) {
          assertThrows(RuntimeException.class, failures.get(i)::run, "call " + i);
          assertEquals(buffers, device.memory().liveBuffers(), "after call " + i);
          assertEquals(bytes, device.memory().liveBytes(), "after call " + i);
          device.elementwise().affine(x, 0, i, y); // and the next call is as good as ever
          assertEquals(i, work.read(y)[63]);
        }
      }
      ints.close();
    }
  }

  /** Takes all there is. */
  @Test
  @Timeout(60)
  void saysWhatWasAskedWhatIsFreeAndWhatToChange() {
    try (var device = Gpu.open();
        var work = new Work(device, 7)) {
      var x = work.numbers(256);
      var taken = new ArrayList<Buffer>();
      var error = assertThrows(MmibException.class, () -> takeAll(device, taken));
      assertEquals(ErrorCode.OUT_OF_MEMORY, error.code());
      var text = error.toString();
      assertTrue(text.contains("8192 MiB"), text); // what was asked: 2³¹ − 1 floats
      assertTrue(text.matches("(?s).*: \\d+ MiB of \\d+ MiB free.*"), text);
      assertTrue(text.contains((taken.size() + 1) + " buffers"), text);
      assertTrue(error.hint().contains("smaller batch"), text);
      device.elementwise().affine(x, 0, 4, x); // usable while it is full
      assertEquals(4, work.read(x)[255]);
      taken.forEach(Buffer::close);
      assertEquals(1, device.memory().liveBuffers());
      var large = device.allocate(DType.F32, 64 << 20); // and what was given back can be had
      device.elementwise().fill(large, 3);
      var last = new float[1];
      device.download(large, (64 << 20) - 1, last, 0, 1);
      assertEquals(3, last[0]);
      large.close();
    }
    try (var device = Gpu.open()) {
      useAll(device);
    }
  }

  private static void takeAll(CudaBackend device, List<Buffer> taken) {
    while (taken.size() < 1000) {
      taken.add(device.allocate(DType.F32, Integer.MAX_VALUE));
    }
  }

  @Test
  @Timeout(60)
  void takesUploadsOfManyThreadsWhileOneLaunches() throws Exception {
    int threads = 4;
    var pool = Executors.newFixedThreadPool(threads);
    var stop = new AtomicBoolean();
    try (var device = Gpu.open(Precision.FP32, true);
        var work = new Work(device, 9)) {
      var loaders = new ArrayList<Future<Integer>>();
      for (int t = 0; t < threads; t++) {
        loaders.add(pool.submit(loader(device, t, stop)));
      }
      var x = work.numbers(1 << 16);
      var y = work.room(1 << 16);
      var want = work.read(x);
      for (int round = 0; round < 200; round++) {
        device.repeat(
            "double",
            0,
            () -> {
              device.elementwise().affine(x, 2, 0, y);
              device.elementwise().affine(y, 0.5, 0, y);
              return 0;
            });
        if (round % 20 == 0) {
          assertArrayEquals(want, work.read(y));
        }
      }
      stop.set(true);
      for (var loader : loaders) {
        assertTrue(loader.get() > 0);
      }
    } finally {
      stop.set(true);
      pool.shutdown();
    }
  }

  /** Loads numbers and reads them back until it is told to stop; how often. */
  private static Callable<Integer> loader(CudaBackend device, int thread, AtomicBoolean stop) {
    return () -> {
      int length = 50_000 + 1000 * thread;
      var values = new float[length];
      var back = new float[length];
      int rounds = 0;
      do {
        values[rounds % length] = thread + 1;
        try (var buffer = device.allocate(DType.F32, length)) {
          device.upload(values, 0, buffer, 0, length);
          device.download(buffer, 0, back, 0, length);
        }
        assertArrayEquals(values, back);
        rounds++;
      } while (!stop.get());
      return rounds;
    };
  }

  @Test
  void reportsLiveAndPeakBytesButNotWhatIsItsOwn() {
    try (var device = Gpu.open()) {
      assertEquals(0, device.memory().liveBytes());
      try (var a = device.allocate(DType.F32, 1000);
          var b = device.allocate(DType.I32, 500)) {
        assertEquals(2, device.memory().liveBuffers());
        assertEquals(4L * (a.length() + b.length()), device.memory().liveBytes());
      }
      assertEquals(0, device.memory().liveBytes());
      assertEquals(6000, device.memory().peakBytes());
      useAll(device);
      assertTrue(device.memory().peakBytes() > 6000);
    }
  }
}
