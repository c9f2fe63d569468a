package dev.mmib.cpu;

import static dev.mmib.cpu.Numbers.assertNear;
import static dev.mmib.cpu.Numbers.buffer;
import static dev.mmib.cpu.Numbers.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ConvolutionKernels;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import org.junit.jupiter.api.Test;

/** Convolutions. */
abstract class OneDnnConvolutions extends OneDnnFixture {

  OneDnnConvolutions() {
    super(true);
  }

  @Test
  void convolvesForwardAndBackward() {
    Conv2d[] sizes = {
      new Conv2d(1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1),
      new Conv2d(2, 3, 17, 15, 8, 7, 7, 2, 2, 3, 3, 1, 1, 1),
      new Conv2d(3, 31, 9, 7, 33, 3, 3, 1, 1, 1, 1, 1, 1, 1),
      new Conv2d(2, 16, 8, 8, 32, 1, 1, 2, 2, 0, 0, 1, 1, 1),
      new Conv2d(2, 6, 11, 10, 9, 3, 2, 2, 1, 2, 0, 1, 1, 3),
      new Conv2d(1, 4, 12, 13, 6, 3, 3, 1, 2, 2, 1, 2, 3, 1),
      new Conv2d(2, 8, 9, 9, 8, 3, 3, 1, 1, 1, 1, 1, 1, 8),
      new Conv2d(1, 8, 10, 9, 4, 3, 3, 2, 1, 3, 2, 2, 2, 2),
      // In blocks of channels, by batches of any number of pieces.
      new Conv2d(1, 16, 7, 5, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1),
      new Conv2d(2, 32, 7, 9, 48, 3, 3, 2, 2, 1, 1, 1, 1, 1),
      new Conv2d(3, 3, 19, 23, 16, 7, 7, 2, 2, 3, 3, 1, 1, 1),
      new Conv2d(5, 48, 4, 6, 64, 1, 1, 1, 1, 0, 0, 1, 1, 1),
      new Conv2d(7, 16, 33, 31, 32, 1, 1, 2, 2, 0, 0, 1, 1, 1),
      new Conv2d(3, 16, 9, 8, 16, 3, 3, 1, 1, 2, 2, 2, 2, 1),
    };
    for (Conv2d size : sizes) {
      checkConvolution(size, true);
      checkConvolution(size, false);
    }
  }

  /** Threads share batches; nobody sees how many there are. */
  @Test
  void givesTheSameBitsByAnyNumberOfThreads() {
    Conv2d[] sizes = {
      new Conv2d(4, 64, 14, 14, 128, 3, 3, 2, 2, 1, 1, 1, 1, 1),
      new Conv2d(7, 128, 7, 7, 64, 1, 1, 1, 1, 0, 0, 1, 1, 1),
      new Conv2d(8, 64, 15, 13, 256, 1, 1, 1, 1, 0, 0, 1, 1, 1),
      new Conv2d(8, 256, 8, 8, 64, 1, 1, 2, 2, 0, 0, 1, 1, 1),
      new Conv2d(5, 3, 31, 33, 64, 7, 7, 2, 2, 3, 3, 1, 1, 1),
      new Conv2d(8, 32, 28, 28, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1),
    };
    for (Conv2d size : sizes) {
      float[][] alone = passes(size, 1);
      for (int threads : new int[] {2, 3, 8}) {
        float[][] shared = passes(size, threads);
        for (int pass = 0; pass < alone.length; pass++) {
          assertArrayEquals(
              alone[pass], shared[pass], "pass " + pass + ", " + threads + " threads, " + size);
        }
      }
    }
  }

  /** Output, input's gradient and weights' gradient. */
  private static float[][] passes(Conv2d c, int threads) {
    var numbers = new Numbers();
    int pixels = c.batch() * c.inChannels() * c.height() * c.width();
    int filters = c.outChannels() * c.inChannels() * c.kernelHeight() * c.kernelWidth();
    int outputs = c.batch() * c.outChannels() * c.outHeight() * c.outWidth();
    try (var device = new CpuBackend(threads);
        Buffer x = buffer(device, numbers.normal(pixels));
        Buffer w = buffer(device, numbers.normal(filters));
        Buffer dy = buffer(device, numbers.normal(outputs));
        Buffer y = device.allocate(DType.F32, outputs);
        Buffer dx = device.allocate(DType.F32, pixels);
        Buffer dw = device.allocate(DType.F32, filters)) {
      device.convolution().forward(c, x, w, null, y);
      device.convolution().backwardWeights(c, x, dy, dw);
      if (c.inChannels() > 3) {
        device.convolution().backwardData(c, dy, w, dx);
      } else {
        device.elementwise().fill(dx, 0);
      }
      return new float[][] {values(device, y), values(device, dx), values(device, dw)};
    }
  }

  /** A rectifier on the way must not make 0 of what is no number. */
  @Test
  void hidesNoNaNBehindARectifier() {
    var conv = new Conv2d(1, 16, 2, 2, 16, 1, 1, 1, 1, 0, 0, 1, 1, 1);
    float[] pixels = numbers.normal(64);
    pixels[5] = Float.NaN; // channel 1, place 1
    float[] ones = new float[16];
    java.util.Arrays.fill(ones, 1);
    try (Buffer x = buffer(cpu, pixels);
        Buffer w = buffer(cpu, numbers.normal(256));
        Buffer one = buffer(cpu, ones);
        Buffer y = room(64)) {
      if (!cpu.convolution().folds(conv)) {
        return; // a CPU without blocks: the norm is not folded
      }
      var norm = new ConvolutionKernels.Norm(one, one, one, one, 0);
      cpu.convolution().normalized(conv, x, w, norm, null, true, y);
      float[] got = values(cpu, y);
      for (int i = 0; i < got.length; i++) {
        assertEquals(i % 4 == 1, Float.isNaN(got[i]), "element " + i);
      }
    }
  }

  /** Calls back for every product that a convolution is made of. */
  private interface Tap {
    void at(int x, int w, int y);
  }

  private static void taps(Conv2d c, Tap tap) {
    int in = c.inChannels() / c.groups();
    int out = c.outChannels() / c.groups();
    for (int b = 0; b < c.batch(); b++) {
      for (int o = 0; o < c.outChannels(); o++) {
        for (int i = 0; i < c.outHeight(); i++) {
          for (int j = 0; j < c.outWidth(); j++) {
            for (int k = 0; k < in; k++) {
              for (int p = 0; p < c.kernelHeight(); p++) {
                for (int q = 0; q < c.kernelWidth(); q++) {
                  int h = i * c.strideHeight() - c.padHeight() + p * c.dilationHeight();
                  int w = j * c.strideWidth() - c.padWidth() + q * c.dilationWidth();
                  if (h >= 0 && h < c.height() && w >= 0 && w < c.width()) {
                    int channel = o / out * in + k;
                    tap.at(
                        ((b * c.inChannels() + channel) * c.height() + h) * c.width() + w,
                        ((o * in + k) * c.kernelHeight() + p) * c.kernelWidth() + q,
                        ((b * c.outChannels() + o) * c.outHeight() + i) * c.outWidth() + j);
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  private void checkConvolution(Conv2d c, boolean withBias) {
    float[] x = numbers.normal(c.batch() * c.inChannels() * c.height() * c.width());
    float[] w =
        numbers.normal(
            c.outChannels() * (c.inChannels() / c.groups()) * c.kernelHeight() * c.kernelWidth());
    float[] dy = numbers.normal(c.batch() * c.outChannels() * c.outHeight() * c.outWidth());
    float[] bias = numbers.normal(c.outChannels());
    var y = new double[dy.length];
    var dx = new double[x.length];
    var dw = new double[w.length];
    int spatial = c.outHeight() * c.outWidth();
    for (int i = 0; withBias && i < y.length; i++) {
      y[i] = bias[i / spatial % c.outChannels()];
    }
    taps(
        c,
        (atX, atW, atY) -> {
          y[atY] += (double) x[atX] * w[atW];
          dx[atX] += (double) dy[atY] * w[atW];
          dw[atW] += (double) dy[atY] * x[atX];
        });
    try (Buffer bx = buffer(cpu, x);
        Buffer bw = buffer(cpu, w);
        Buffer bdy = buffer(cpu, dy);
        Buffer bBias = buffer(cpu, bias);
        Buffer outY = room(y.length);
        Buffer outDx = room(dx.length);
        Buffer outDw = room(dw.length)) {
      cpu.convolution().forward(c, bx, bw, withBias ? bBias : null, outY);
      cpu.convolution().backwardData(c, bdy, bw, outDx);
      cpu.convolution().backwardWeights(c, bx, bdy, outDw);
      assertNear(y, values(cpu, outY), 10 * ROUNDING, "y of " + c);
      assertNear(dx, values(cpu, outDx), 10 * ROUNDING, "dx of " + c);
      assertNear(dw, values(cpu, outDw), 10 * ROUNDING, "dw of " + c);
    }
  }
}
