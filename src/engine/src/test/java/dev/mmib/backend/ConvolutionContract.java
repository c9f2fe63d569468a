package dev.mmib.backend;

import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import org.junit.jupiter.api.Test;

/** Convolution against the reference. */
public interface ConvolutionContract extends KernelContract {

  @Test
  default void convolvesImagesOfAnySize() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        convolve(bench, new Conv2d(1, 2, 4, n, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1));
        convolve(bench, new Conv2d(2, 2, n, 3, 3, 3, 3, 2, 2, 1, 1, 1, 1, 1));
        convolve(bench, new Conv2d(n, 3, 2, 2, 2, 1, 1, 1, 1, 0, 0, 1, 1, 1));
      }
      convolve(bench, new Conv2d(2, 3, 33, 31, 4, 7, 7, 2, 2, 3, 3, 1, 1, 1));
    }
  }

  @Test
  default void convolvesAnyNumberOfChannels() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        convolve(bench, new Conv2d(2, n, 3, 3, 5, 1, 1, 1, 1, 0, 0, 1, 1, 1));
        convolve(bench, new Conv2d(2, 3, 3, 4, n, 3, 3, 1, 1, 1, 1, 1, 1, 1));
        convolve(bench, new Conv2d(1, n, 4, 4, 2, 3, 3, 2, 2, 1, 1, 1, 1, 1));
      }
      convolve(bench, new Conv2d(3, 130, 7, 7, 70, 3, 3, 1, 1, 1, 1, 1, 1, 1));
    }
  }

  @Test
  default void convolvesWithStridesPaddingDilationAndGroups() {
    try (var bench = bench()) {
      convolve(bench, new Conv2d(2, 4, 9, 11, 6, 3, 2, 2, 3, 2, 0, 1, 2, 2));
      convolve(bench, new Conv2d(2, 6, 8, 8, 6, 3, 3, 1, 1, 1, 1, 1, 1, 6)); // depthwise
      convolve(bench, new Conv2d(1, 3, 10, 9, 4, 3, 3, 1, 1, 4, 4, 3, 3, 1));
      convolve(bench, new Conv2d(2, 2, 5, 7, 3, 1, 1, 2, 2, 0, 0, 1, 1, 1));
      convolve(bench, new Conv2d(1, 2, 3, 2, 2, 5, 4, 3, 2, 4, 5, 1, 1, 1)); // mostly padding
      convolve(bench, new Conv2d(1, 1, 1, 1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1));
      convolve(bench, new Conv2d(2, 66, 6, 5, 132, 3, 3, 2, 1, 1, 2, 2, 1, 2));
      convolve(bench, new Conv2d(2, 3, 6, 6, 4, 2, 2, 5, 5, 0, 0, 1, 1, 1)); // leaves out pixels
    }
  }

  private static void convolve(Bench bench, Conv2d conv) {
    int outputs = conv.batch() * conv.outChannels() * conv.outHeight() * conv.outWidth();
    int patch = conv.inChannels() / conv.groups() * conv.kernelHeight() * conv.kernelWidth();
    var x = bench.uniform(conv.batch() * conv.inChannels() * conv.height() * conv.width());
    var w = bench.uniform(conv.outChannels() * patch);
    var bias = bench.uniform(conv.outChannels());
    var y = bench.floats(outputs);
    bench.each(d -> d.convolution().forward(conv, x.on(d), w.on(d), bias.on(d), y.on(d)));
    bench.assertClose(y, "y of " + conv);
    bench.each(d -> d.convolution().forward(conv, x.on(d), w.on(d), null, y.on(d)));
    bench.assertClose(y, "y without bias of " + conv);
    var dy = bench.uniform(outputs);
    var dx = bench.floats(conv.batch() * conv.inChannels() * conv.height() * conv.width());
    var dw = bench.floats(conv.outChannels() * patch);
    bench.each(d -> d.convolution().backwardData(conv, dy.on(d), w.on(d), dx.on(d)));
    bench.assertClose(dx, "dx of " + conv);
    bench.each(d -> d.convolution().backwardWeights(conv, x.on(d), dy.on(d), dw.on(d)));
    bench.assertClose(dw, "dw of " + conv);
  }
}
