package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.mmib.backend.kernel.OptimizerKernels.AdamStep;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdamTest {

  private static final int N = 2051; // several tiles

  /** Algorithm 2 of Loshchilov and Hutter (2019), line by line. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void followsTheAlgorithmLineByLine(boolean decoupled) {
    double beta1 = 0.8;
    double beta2 = 0.95;
    double eps = 1e-3;
    double decay = 0.2;
    var random = new Random(2);
    var theta = random.doubles(N, -1, 1).toArray();
    var m = new double[N];
    var v = new double[N];
    try (var backend = new ReferenceBackend();
        var parameter = backend.allocate(DType.F32, N);
        var gradient = backend.allocate(DType.F32, N);
        var mean = backend.allocate(DType.F32, N);
        var square = backend.allocate(DType.F32, N)) {
      backend.set(parameter, theta);
      backend.set(mean, m);
      backend.set(square, v);
      for (int t = 1; t <= 4; t++) {
        double rate = 0.1 / t;
        double factor = t % 2 == 0 ? 0.25 : 1;
        var g = random.doubles(N, -1, 1).toArray();
        backend.set(gradient, g);
        backend
            .optimizer()
            .adam(
                new AdamStep(rate, beta1, beta2, eps, decay, factor, decoupled, t),
                parameter,
                gradient,
                mean,
                square);
        assertArrayEquals(g, backend.values(gradient)); // only read
        for (int i = 0; i < N; i++) {
          double slope = decoupled ? factor * g[i] : factor * g[i] + decay * theta[i];
          m[i] = beta1 * m[i] + (1 - beta1) * slope;
          v[i] = beta2 * v[i] + (1 - beta2) * slope * slope;
          double mHat = m[i] / (1 - Math.pow(beta1, t));
          double vHat = v[i] / (1 - Math.pow(beta2, t));
          double shrunk = decoupled ? theta[i] - rate * decay * theta[i] : theta[i];
          theta[i] = shrunk - rate * mHat / (Math.sqrt(vHat) + eps);
        }
        assertArrayEquals(theta, backend.values(parameter), 1e-13);
        assertArrayEquals(m, backend.values(mean), 1e-13);
        assertArrayEquals(v, backend.values(square), 1e-13);
      }
    }
  }
}
