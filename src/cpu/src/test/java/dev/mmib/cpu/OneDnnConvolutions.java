package dev.mmib.cpu;

import static dev.mmib.cpu.Numbers.assertNear;
import static dev.mmib.cpu.Numbers.buffer;
import static dev.mmib.cpu.Numbers.values;

import dev.mmib.backend.Buffer;
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
    };
    for (Conv2d size : sizes) {
      checkConvolution(size, true);
      checkConvolution(size, false);
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
