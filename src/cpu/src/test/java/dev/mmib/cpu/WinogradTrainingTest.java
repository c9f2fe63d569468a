package dev.mmib.cpu;

import static dev.mmib.cpu.Numbers.assertNear;
import static dev.mmib.cpu.Numbers.buffer;
import static dev.mmib.cpu.Numbers.values;
import static dev.mmib.cpu.WinogradCase.TOLERANCE;
import static dev.mmib.cpu.WinogradCase.conv;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Convolutions of 3×3 in training, forward and back to the input, by Winograd's tiles. */
class WinogradTrainingTest {

  private final Numbers numbers = new Numbers();

  @BeforeEach
  void hasBlocks() {
    assumeTrue(Arranger.block() > 0, "a CPU without blocks of channels");
  }

  /** Enough tiles that weights are transformed for one step; the last groups are smaller. */
  private static Conv2d[] sizesOfSteps() {
    return new Conv2d[] {
      conv(2, 64, 33, 34, 80),
      conv(17, 80, 7, 7, 64),
      conv(5, 64, 14, 15, 96),
      conv(4, 64, 16, 16, 64),
    };
  }

  private record Step(float[] y, float[] biased, float[] dx) {}

  private static Step step(CpuBackend cpu, WinogradCase c) {
    try (Buffer x = buffer(cpu, c.x());
        Buffer weights = buffer(cpu, c.w());
        Buffer bias = buffer(cpu, c.norm()[0]);
        Buffer dy = buffer(cpu, c.residual());
        Buffer y = cpu.allocate(DType.F32, c.residual().length);
        Buffer biased = cpu.allocate(DType.F32, c.residual().length);
        Buffer dx = cpu.allocate(DType.F32, c.x().length)) {
      var kernels = cpu.convolution();
      kernels.forward(c.conv(), x, weights, null, y);
      kernels.forward(c.conv(), x, weights, bias, biased);
      kernels.backwardData(c.conv(), dy, weights, dx);
      return new Step(values(cpu, y), values(cpu, biased), values(cpu, dx));
    }
  }

  @Test
  void trainsAsTheSumsSay() {
    try (var cpu = new CpuBackend(2)) {
      for (var size : sizesOfSteps()) {
        assertTrue(WinogradConvolutions.servesOnce(size, Arranger.block()), "served: " + size);
        var c = WinogradCase.of(size, numbers);
        var got = step(cpu, c);
        double[] y = c.sums();
        assertNear(y, got.y(), TOLERANCE, "y of " + size);
        int places = size.height() * size.width();
        for (int i = 0; i < y.length; i++) {
          y[i] += c.norm()[0][i / places % size.outChannels()];
        }
        assertNear(y, got.biased(), TOLERANCE, "biased, " + size);
        assertNear(c.turned().sums(), got.dx(), TOLERANCE, "dx of " + size);
      }
      assertEquals(0, cpu.memory().liveBuffers());
    }
  }

  @Test
  void trainsOnFewTilesDirectly() {
    int block = Arranger.block();
    assertTrue(WinogradConvolutions.servesOnce(conv(4, 64, 16, 16, 64), block));
    assertFalse(WinogradConvolutions.servesOnce(conv(3, 64, 16, 16, 64), block));
    assertFalse(WinogradConvolutions.servesOnce(conv(8, 32, 16, 16, 64), block));
  }

  @Test
  void trainsWithTheSameBitsByAnyNumberOfThreads() {
    for (var size : sizesOfSteps()) {
      var c = WinogradCase.of(size, numbers);
      Step alone;
      try (var cpu = new CpuBackend(1)) {
        alone = step(cpu, c);
      }
      for (int threads : new int[] {2, 3}) {
        try (var cpu = new CpuBackend(threads)) {
          var shared = step(cpu, c);
          assertArrayEquals(alone.biased(), shared.biased(), threads + " threads, " + size);
          assertArrayEquals(alone.dx(), shared.dx(), threads + " threads, dx, " + size);
        }
      }
    }
  }

  /** What has met no number is none, and so is the rest of its tile, but nothing beside that. */
  @Test
  void goesByTiles() {
    var c = WinogradCase.of(conv(4, 64, 16, 16, 64), numbers);
    c.x()[5 * 16 + 5] = Float.NaN; // first picture, first channel
    c.residual()[5 * 16 + 5] = Float.NaN;
    try (var cpu = new CpuBackend(2)) {
      var step = step(cpu, c);
      for (float[] got : new float[][] {step.y(), step.dx()}) {
        for (int i = 0; i < got.length; i++) {
          boolean ofTheTile = i < got.length / 4 && i % 256 / 16 / 4 == 1 && i % 16 / 4 == 1;
          assertEquals(ofTheTile, Float.isNaN(got[i]), "at " + i);
        }
      }
    }
  }
}
