package dev.mmib.cpu;

import static dev.mmib.cpu.Numbers.assertNear;
import static dev.mmib.cpu.Numbers.buffer;
import static dev.mmib.cpu.Numbers.values;
import static dev.mmib.cpu.WinogradCase.EPS;
import static dev.mmib.cpu.WinogradCase.TOLERANCE;
import static dev.mmib.cpu.WinogradCase.conv;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.backend.kernel.ConvolutionKernels.Norm;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Convolutions of 3×3 at inference, with the norm that follows, by Winograd's tiles. */
class WinogradConvolutionTest {

  private final Numbers numbers = new Numbers();

  @BeforeEach
  void hasBlocks() {
    assumeTrue(Arranger.block() > 0, "a CPU without blocks of channels");
  }

  private static float[] got(CpuBackend cpu, WinogradCase c, boolean withResidual, boolean relu) {
    try (Buffer w = buffer(cpu, c.w())) {
      return got(cpu, c, w, withResidual ? c.residual() : null, relu);
    }
  }

  private static float[] got(
      CpuBackend cpu, WinogradCase c, Buffer w, float @Nullable [] added, boolean relu) {
    try (Buffer x = buffer(cpu, c.x());
        Buffer gamma = buffer(cpu, c.norm()[0]);
        Buffer beta = buffer(cpu, c.norm()[1]);
        Buffer mean = buffer(cpu, c.norm()[2]);
        Buffer variance = buffer(cpu, c.norm()[3]);
        Buffer residual = added == null ? null : buffer(cpu, added);
        Buffer y = cpu.allocate(DType.F32, c.residual().length)) {
      var norm = new Norm(gamma, beta, mean, variance, EPS);
      cpu.convolution().normalized(c.conv(), x, w, norm, residual, relu, y);
      return values(cpu, y);
    }
  }

  /** Sides that are no whole tiles, groups of pictures with a rest, other numbers of channels. */
  private static Conv2d[] sizes() {
    return new Conv2d[] {
      conv(1, 64, 12, 12, 64),
      conv(3, 64, 9, 17, 80),
      conv(2, 80, 5, 7, 64),
      conv(9, 64, 7, 7, 64),
      conv(2, 64, 33, 34, 64),
    };
  }

  @Test
  void givesWhatTheSumsSay() {
    try (var cpu = new CpuBackend(2)) {
      for (var size : sizes()) {
        assertTrue(WinogradConvolutions.serves(size, Arranger.block()), "served: " + size);
        var c = WinogradCase.of(size, numbers);
        for (boolean relu : new boolean[] {false, true}) {
          assertNear(c.wanted(false, relu), got(cpu, c, false, relu), TOLERANCE, size.toString());
          assertNear(c.wanted(true, relu), got(cpu, c, true, relu), TOLERANCE, "added: " + size);
        }
      }
      assertEquals(0, cpu.memory().liveBuffers());
    }
  }

  @Test
  void leavesOtherConvolutionsAlone() {
    for (var other :
        new Conv2d[] {
          new Conv2d(8, 64, 14, 14, 64, 3, 3, 2, 1, 1, 1, 1, 1, 1),
          new Conv2d(8, 64, 14, 14, 64, 3, 3, 1, 2, 1, 1, 1, 1, 1),
          new Conv2d(8, 64, 14, 14, 64, 3, 3, 1, 1, 0, 1, 1, 1, 1),
          new Conv2d(8, 64, 14, 14, 64, 3, 3, 1, 1, 1, 2, 1, 1, 1),
          new Conv2d(8, 64, 14, 14, 64, 3, 3, 1, 1, 1, 1, 2, 1, 1),
          new Conv2d(8, 64, 14, 14, 64, 3, 3, 1, 1, 1, 1, 1, 2, 1),
          new Conv2d(8, 64, 14, 14, 64, 3, 3, 1, 1, 1, 1, 1, 1, 2),
          new Conv2d(8, 64, 14, 14, 64, 1, 3, 1, 1, 1, 1, 1, 1, 1),
          new Conv2d(8, 64, 14, 14, 64, 3, 1, 1, 1, 1, 1, 1, 1, 1),
          conv(8, 72, 14, 14, 60),
          conv(8, 3, 14, 14, 64),
          conv(1, 64, 4, 4, 64),
          conv(8, 64, 2, 2, 64), // of a tile's places few are wanted
          conv(8, 64, 1, 20, 64),
          conv(1, 64, 260, 260, 64), // transformed, it would take 75 MiB
        }) {
      assertFalse(WinogradConvolutions.serves(other, Arranger.block()), other.toString());
    }
  }

  @Test
  void givesTheSameBitsByAnyNumberOfThreads() {
    for (var size : sizes()) {
      var c = WinogradCase.of(size, numbers);
      float[] alone;
      try (var cpu = new CpuBackend(1)) {
        alone = got(cpu, c, false, true);
      }
      for (int threads : new int[] {2, 3}) {
        try (var cpu = new CpuBackend(threads)) {
          assertArrayEquals(alone, got(cpu, c, false, true), threads + " threads, " + size);
        }
      }
    }
  }

  /** More pictures than are worked on at once give what they give alone. */
  @Test
  void keepsPicturesApart() {
    var all = WinogradCase.of(conv(4, 64, 48, 48, 64), numbers);
    int half = all.x().length / 2;
    try (var cpu = new CpuBackend(2)) {
      float[] together = got(cpu, all, false, true);
      for (int i = 0; i < 2; i++) {
        float[] x = Arrays.copyOfRange(all.x(), i * half, (i + 1) * half);
        float[] none = new float[half];
        var some = new WinogradCase(conv(2, 64, 48, 48, 64), x, all.w(), all.norm(), none);
        float[] wanted = got(cpu, some, false, true);
        assertArrayEquals(wanted, Arrays.copyOfRange(together, i * half, (i + 1) * half));
      }
    }
  }

  @Test
  void meetsTheWeightsOfNow() {
    var c = WinogradCase.of(conv(2, 64, 8, 8, 64), numbers);
    try (var cpu = new CpuBackend(2);
        Buffer w = buffer(cpu, numbers.normal(c.w().length))) {
      got(cpu, c, w, null, false);
      cpu.upload(c.w(), 0, w, 0, c.w().length);
      assertNear(c.wanted(false, false), got(cpu, c, w, null, false), TOLERANCE, "new weights");
    }
  }

  /** What has met no number is none, rectified or not; another picture has met none. */
  @Test
  void hidesNoNaN() {
    var c = WinogradCase.of(conv(2, 64, 9, 9, 64), numbers);
    c.x()[4 * 9 + 4] = Float.NaN; // first picture, first channel
    try (var cpu = new CpuBackend(2)) {
      float[] y = got(cpu, c, false, true);
      for (int o = 0; o < 64; o++) {
        for (int place = 0; place < 81; place++) {
          if (Math.abs(place / 9 - 4) <= 1 && Math.abs(place % 9 - 4) <= 1) {
            assertTrue(Float.isNaN(y[o * 81 + place]), "channel " + o + ", place " + place);
          }
          assertNotEquals(Float.NaN, y[(64 + o) * 81 + place], "the other picture");
        }
      }
    }
  }
}
