package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.op.Activation;
import dev.mmib.op.Arithmetic;
import dev.mmib.op.Lookup;
import dev.mmib.op.MatMul;
import dev.mmib.op.Noise;
import dev.mmib.op.Normalization;
import dev.mmib.op.Reduction;
import dev.mmib.op.Regularization;
import dev.mmib.op.Softmax;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ThreadsTest {

  @Test
  void resultsAreBitEqualForAnyNumberOfThreads() {
    var one = gradients(1);
    for (int threads : new int[] {2, 3, 8}) {
      var many = gradients(threads);
      for (int i = 0; i < one.size(); i++) {
        assertArrayEquals(one.get(i), many.get(i), "gradient " + i + " by " + threads);
      }
    }
  }

  private static List<float[]> gradients(int threads) {
    try (var backend = new JavaBackend(threads);
        var scope = Scope.open(backend, Mode.TRAIN, new RandomState(3, 0))) {
      var random = new Random(1);
      var table = parameter(scope, random, 300, 150);
      var w = parameter(scope, random, 150, 150);
      var gamma = parameter(scope, random, 150);
      var beta = parameter(scope, random, 150);
      var ids = scope.ints(Shape.of(8, 70), random.ints(560, 0, 300).toArray());
      var x = Lookup.embedding(table, ids);
      var h = Activation.gelu(MatMul.linear(x, w, beta));
      var n = Normalization.layerNorm(Arithmetic.add(h, x), gamma, beta, 1e-5);
      var z = Noise.reparameterize(Regularization.dropout(n, 0.1), h);
      var p = Softmax.softmax(MatMul.matmul(z, false, z, true));
      var loss = Reduction.sum(Arithmetic.mul(MatMul.matmul(p, z), h));
      var gradients = Tape.gradients(Arithmetic.add(loss, Noise.gaussianKl(z, h, null)));
      var values = new ArrayList<float[]>();
      for (var parameter : List.of(table, w, gamma, beta)) {
        values.add(gradients.of(parameter).toFloats());
      }
      values.add(loss.toFloats());
      return values;
    }
  }

  private static Tensor parameter(Scope scope, Random random, int... dims) {
    var shape = Shape.of(dims);
    var values = new float[shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() * 0.1f;
    }
    return scope.parameter(shape, values);
  }
}
