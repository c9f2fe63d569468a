package dev.mmib.backend.java;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.op.Attention;
import dev.mmib.op.Convolution;
import dev.mmib.op.Convolution.Options;
import dev.mmib.op.Crf;
import dev.mmib.op.CrossEntropy;
import dev.mmib.op.Pooling;
import dev.mmib.op.Reduction;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Results that do not depend on the number of threads: equal to the last bit. */
class ThreadsTest {

  private static void assertSame(Function<Tensor[], Tensor> op, Shape... shapes) {
    var one = results(1, op, shapes);
    for (int threads : new int[] {2, 3}) {
      var several = results(threads, op, shapes);
      assertTrue(one.size() == shapes.length + 1 && one.size() == several.size());
      for (int i = 0; i < one.size(); i++) {
        assertArrayEquals(one.get(i), several.get(i), threads + " threads, result " + i);
      }
    }
  }

  /** The output, and the gradient of its sum with respect to each input. */
  private static List<float[]> results(
      int threads, Function<Tensor[], Tensor> op, Shape... shapes) {
    var random = new Random(5);
    try (Backend backend = new JavaBackend(threads);
        var scope = Scope.open(backend, Mode.TRAIN, new RandomState(1, 2))) {
      var inputs = new Tensor[shapes.length];
      for (int i = 0; i < inputs.length; i++) {
        var values = new float[shapes[i].size()];
        for (int n = 0; n < values.length; n++) {
          values[n] = (float) random.nextGaussian();
        }
        inputs[i] = scope.parameter(shapes[i], values);
      }
      var y = op.apply(inputs);
      var gradients = Tape.gradients(Reduction.sum(y));
      var results = new ArrayList<float[]>();
      results.add(y.toFloats());
      for (var input : inputs) {
        results.add(gradients.of(input).toFloats());
      }
      return results;
    }
  }

  @Test
  void ofConvolution() {
    assertSame(
        in -> Convolution.conv2d(in[0], in[1], in[2], Options.of(1, 1)),
        Shape.of(3, 20, 33, 31),
        Shape.of(130, 20, 3, 3),
        Shape.of(130));
    assertSame(
        in -> Convolution.conv2d(in[0], in[1], null, Options.of(2, 1).withGroups(2)),
        Shape.of(70, 6, 5, 4),
        Shape.of(10, 3, 3, 3));
  }

  @Test
  void ofAttention() {
    assertSame(
        in -> Attention.attention(in[0], in[1], in[2], 4, null, null, 0.3),
        Shape.of(5, 33, 32),
        Shape.of(5, 17, 32),
        Shape.of(5, 17, 32));
  }

  @Test
  void ofPooling() {
    var images = Shape.of(9, 17, 31, 30);
    assertSame(in -> Pooling.maxPool2d(in[0], 3, 2, 1), images);
    assertSame(in -> Pooling.averagePool2d(in[0], 3, 2, 1, true), images);
    assertSame(in -> Pooling.adaptiveAveragePool2d(in[0], 4, 7), images);
  }

  @Test
  void ofLosses() {
    var shape = Shape.of(3000, 23);
    assertSame(
        in -> CrossEntropy.crossEntropy(in[0], Scope.current().ints(Shape.of(3000), targets())),
        shape);
    assertSame(in -> CrossEntropy.binaryCrossEntropy(in[0], Scope.current().zeros(shape)), shape);
  }

  private static int[] targets() {
    return new Random(1).ints(3000, -1, 23).toArray();
  }

  @Test
  void ofTheConditionalRandomField() {
    assertSame(
        in -> {
          var lengths = Scope.current().ints(Shape.of(7), 9, 1, 4, 8, 9, 2, 7);
          var tags = Scope.current().ints(Shape.of(7, 9), new Random(2).ints(63, 0, 13).toArray());
          return Crf.logLikelihood(in[0], lengths, tags, in[1], in[2], in[3]);
        },
        Shape.of(7, 9, 13),
        Shape.of(13, 13),
        Shape.of(13),
        Shape.of(13));
  }
}
