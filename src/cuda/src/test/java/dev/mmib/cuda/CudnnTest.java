package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Precision;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.cuda.natives.CudaNatives;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Convolutions by cuDNN against those of plain Java, in every precision. */
@Tag("gpu")
class CudnnTest {

  private static final List<Conv2d> CONVOLUTIONS =
      List.of(
          // a ResNet's: its first, a 3 × 3 one, one that halves, one of 1 × 1
          new Conv2d(2, 3, 32, 32, 16, 7, 7, 2, 2, 3, 3, 1, 1, 1),
          new Conv2d(2, 16, 9, 7, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1),
          new Conv2d(3, 16, 8, 8, 24, 3, 3, 2, 2, 1, 1, 1, 1, 1),
          new Conv2d(2, 32, 5, 5, 8, 1, 1, 1, 1, 0, 0, 1, 1, 1),
          new Conv2d(2, 8, 9, 9, 8, 3, 3, 1, 1, 2, 2, 2, 2, 1),
          new Conv2d(2, 8, 6, 6, 8, 3, 3, 1, 1, 1, 1, 1, 1, 2));

  /** y, dx and dw, one after another. */
  private static List<float[]> convolve(Backend backend, Conv2d c) {
    try (var work = new Work(backend, 11)) {
      int inputs = c.batch() * c.inChannels() * c.height() * c.width();
      int fan = c.inChannels() / c.groups() * c.kernelHeight() * c.kernelWidth();
      int outputs = c.batch() * c.outChannels() * c.outHeight() * c.outWidth();
      var x = work.numbers(inputs);
      var w = work.numbers(c.outChannels() * fan);
      var bias = work.numbers(c.outChannels());
      var dy = work.numbers(outputs);
      var y = work.room(outputs);
      var dx = work.room(inputs);
      var dw = work.room(c.outChannels() * fan);
      backend.convolution().forward(c, x, w, bias, y);
      backend.convolution().backwardData(c, dy, w, dx);
      backend.convolution().backwardWeights(c, x, dy, dw);
      return List.of(work.read(y), work.read(dx), work.read(dw));
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INT8")
  void convolvesLikeTheHostForwardAndBackward(Precision precision) {
    try (var gpu = Gpu.open(precision, false);
        var host = new JavaBackend(2)) {
      for (var convolution : CONVOLUTIONS) {
        var got = convolve(gpu, convolution);
        var want = convolve(host, convolution);
        var names = List.of("y", "dx", "dw");
        for (int i = 0; i < names.size(); i++) {
          var what = names.get(i) + " of " + convolution;
          Distances.assertNear(precision, got.get(i), want.get(i), what);
        }
      }
    }
  }

  @Test
  void isOfTheVersionThatTheClassesServe() {
    Gpu.assumePresent();
    var version = Objects.requireNonNull(CudaNatives.versions().get("cuDNN"));
    assertTrue(version.startsWith("9."), version);
  }
}
