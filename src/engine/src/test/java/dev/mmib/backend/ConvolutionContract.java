package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.op.Convolution;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
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
      convolve(bench, new Conv2d(3, 64, 18, 19, 80, 3, 3, 1, 1, 1, 1, 1, 1, 1));
      convolve(bench, new Conv2d(3, 32, 5, 4, 1024, 3, 3, 1, 1, 1, 1, 1, 1, 1));
      convolve(bench, new Conv2d(2, 3, 9, 11, 512, 7, 7, 2, 2, 3, 3, 1, 1, 1));
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

  @Test
  default void normalizesConvolutionsAtInference() {
    try (var bench = bench()) {
      normalize(bench, new Conv2d(2, 16, 9, 7, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1));
      normalize(bench, new Conv2d(5, 32, 5, 6, 16, 1, 1, 2, 2, 0, 0, 1, 1, 1));
      normalize(bench, new Conv2d(1, 48, 3, 3, 16, 1, 1, 1, 1, 0, 0, 1, 1, 1));
      normalize(bench, new Conv2d(3, 3, 17, 15, 16, 7, 7, 2, 2, 3, 3, 1, 1, 1));
      normalize(bench, new Conv2d(2, 33, 4, 5, 31, 3, 3, 1, 1, 1, 1, 1, 1, 1));
      normalize(bench, new Conv2d(2, 32, 6, 5, 32, 3, 3, 1, 1, 1, 1, 1, 1, 2));
    }
  }

  private static void normalize(Bench bench, Conv2d conv) {
    for (boolean relu : new boolean[] {true, false}) {
      normalize(bench, conv, true, relu);
      normalize(bench, conv, false, relu);
    }
  }

  /** The same convolution twice, with other weights and statistics the second time. */
  private static void normalize(Bench bench, Conv2d c, boolean residual, boolean relu) {
    var xShape = Shape.of(c.batch(), c.inChannels(), c.height(), c.width());
    var yShape = Shape.of(c.batch(), c.outChannels(), c.outHeight(), c.outWidth());
    var wShape =
        Shape.of(c.outChannels(), c.inChannels() / c.groups(), c.kernelHeight(), c.kernelWidth());
    var channels = Shape.of(c.outChannels());
    var x = bench.uniformFloats(xShape.size(), -1, 1);
    var added = bench.uniformFloats(yShape.size(), -1, 1);
    var weights = new ArrayList<float[]>();
    var norms = new ArrayList<float[][]>();
    for (int round = 0; round < 3; round++) {
      weights.add(bench.uniformFloats(wShape.size(), -1, 1));
      norms.add(
          new float[][] {
            bench.uniformFloats(c.outChannels(), 0.5, 1.5),
            bench.uniformFloats(c.outChannels(), -1, 1),
            bench.uniformFloats(c.outChannels(), -1, 1),
            bench.uniformFloats(c.outChannels(), 0.5, 2)
          });
    }
    var options =
        new Convolution.Options(
            c.strideHeight(),
            c.strideWidth(),
            c.padHeight(),
            c.padWidth(),
            c.dilationHeight(),
            c.dilationWidth(),
            c.groups());
    var results = new ArrayList<List<float[]>>();
    bench.each(
        d -> {
          var mine = new ArrayList<float[]>();
          try (var scope = Scope.open(d, Mode.INFER)) {
            var pictures = scope.of(xShape, x);
            var other = residual ? scope.of(yShape, added) : null;
            var w = scope.of(wShape, weights.get(0));
            var parts = new Tensor[4];
            for (int i = 0; i < parts.length; i++) {
              parts[i] = scope.of(channels, norms.get(0)[i]);
            }
            var norm = new Convolution.Norm(parts[0], parts[1], parts[2], parts[3], 1e-3);
            for (int round = 0; round < 8; round++) {
              if (round == 1) {
                d.upload(weights.get(1), 0, w.buffer(), 0, wShape.size());
              } else if (round > 1 && round < 6) {
                d.upload(norms.get(1)[round - 2], 0, parts[round - 2].buffer(), 0, c.outChannels());
              } else if (round == 6) { // another norm of the same weights
                for (int i = 0; i < parts.length; i++) {
                  parts[i] = scope.of(channels, norms.get(2)[i]);
                }
                norm = new Convolution.Norm(parts[0], parts[1], parts[2], parts[3], 1e-3);
              } else if (round == 7) {
                norm = new Convolution.Norm(parts[0], parts[1], parts[2], parts[3], 1e-2);
              }
              mine.add(Convolution.normalized(pictures, w, options, norm, other, relu).toFloats());
            }
          }
          results.add(mine);
        });
    for (int round = 0; round < results.get(0).size(); round++) {
      var what = "round " + round + (residual ? " with residual" : "") + " of " + c;
      var got = results.get(0).get(round);
      var want = results.get(1).get(round);
      for (int i = 0; i < want.length; i++) {
        assertEquals(want[i], got[i], 2e-5 * Math.max(1, Math.abs(want[i])), what + " at " + i);
      }
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
