package dev.mmib.cpu;

import static dev.mmib.cpu.Numbers.assertNear;
import static dev.mmib.cpu.Numbers.buffer;
import static dev.mmib.cpu.Numbers.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.cpu.BlockedConvolution.Form;
import dev.mmib.cpu.BlockedConvolution.Pass;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Gradients of weights, from parts of a batch and from slices of the output channels. */
class BlockedWeightGradientsTest {

  private final Numbers numbers = new Numbers();

  @BeforeEach
  void hasBlocks() {
    assumeTrue(Arranger.block() > 0, "a CPU without blocks of channels");
  }

  /** Convolutions without padding, and whether their outputs are in slices. */
  private static Map<Conv2d, Boolean> sizes() {
    var sizes = new LinkedHashMap<Conv2d, Boolean>();
    sizes.put(conv(3, 16, 7, 512, 3, 1), true);
    sizes.put(conv(1, 32, 6, 1024, 1, 1), true);
    sizes.put(conv(2, 3, 9, 512, 3, 2), true); // pictures in plain order
    sizes.put(conv(5, 16, 20, 512, 3, 1), false); // more places
    sizes.put(conv(3, 16, 7, 496, 3, 1), false);
    sizes.put(conv(3, 16, 7, 576, 3, 1), false); // no whole blocks in an eighth
    return sizes;
  }

  private static Conv2d conv(int batch, int in, int side, int out, int kernel, int stride) {
    return new Conv2d(batch, in, side, side, out, kernel, kernel, stride, stride, 0, 0, 1, 1, 1);
  }

  private static float[] gradient(CpuBackend cpu, Conv2d c, float[] x, float[] dy) {
    int patch = c.inChannels() * c.kernelHeight() * c.kernelWidth();
    try (Buffer pictures = buffer(cpu, x);
        Buffer upstream = buffer(cpu, dy);
        Buffer dw = cpu.allocate(DType.F32, c.outChannels() * patch)) {
      cpu.convolution().backwardWeights(c, pictures, upstream, dw);
      return values(cpu, dw);
    }
  }

  private static double[] sums(Conv2d c, float[] x, float[] dy) {
    int k = c.kernelHeight();
    int places = c.outHeight() * c.outWidth();
    var dw = new double[c.outChannels() * c.inChannels() * k * k];
    for (int i = 0; i < dw.length; i++) {
      int o = i / (c.inChannels() * k * k);
      int in = i / (k * k) % c.inChannels();
      for (int at = 0; at < c.batch() * places; at++) {
        int row = at % places / c.outWidth() * c.strideHeight() + i / k % k;
        int column = at % c.outWidth() * c.strideWidth() + i % k;
        int plane = at / places * c.inChannels() + in;
        dw[i] +=
            (double) x[(plane * c.height() + row) * c.width() + column]
                * dy[(at / places * c.outChannels() + o) * places + at % places];
      }
    }
    return dw;
  }

  @Test
  void areWhatTheSumsSayByAnyNumberOfThreads() {
    sizes()
        .forEach(
            (c, sliced) -> {
              var form = new Form(Pass.WEIGHTS, c, 16, false, false, false, true, false);
              assertEquals(sliced, BlockedWeightGradients.isSliced(form), c.toString());
              float[] x = numbers.normal(c.batch() * c.inChannels() * c.height() * c.width());
              float[] dy =
                  numbers.normal(c.batch() * c.outChannels() * c.outHeight() * c.outWidth());
              float[] alone;
              try (var cpu = new CpuBackend(1)) {
                alone = gradient(cpu, c, x, dy);
              }
              assertNear(sums(c, x, dy), alone, 1e-6, c.toString());
              for (int threads = 2; threads < 4; threads++) {
                try (var cpu = new CpuBackend(threads)) {
                  assertArrayEquals(alone, gradient(cpu, c, x, dy), threads + " threads, " + c);
                  assertEquals(0, cpu.memory().liveBuffers());
                }
              }
            });
  }
}
