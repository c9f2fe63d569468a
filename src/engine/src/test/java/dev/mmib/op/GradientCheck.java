package dev.mmib.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.ReferenceBackend;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Compares the derivatives of an op with central differences, in double precision.
 *
 * <p>The loss is Σ w⊙y with random w. Differences are of fourth order, {@code (8(f(x+h) − f(x−h)) −
 * (f(x+2h) − f(x−2h))) / 12h}, so that with h = 10⁻³ neither truncation nor rounding reaches the
 * tolerance. Every evaluation starts from the same random state: noise and dropout repeat.
 */
public final class GradientCheck {

  private static final double H = 1e-3;
  private static final double TOLERANCE = 1e-6;

  /** Elements of an input that are checked; of larger inputs, as many are drawn. */
  private static final int CHECKED = 48;

  private final double low;
  private final double high;
  private final long seed;
  private final long stream;

  private GradientCheck(double low, double high, long seed, long stream) {
    this.low = low;
    this.high = high;
    this.seed = seed;
    this.stream = stream;
  }

  /** Checks the gradient of {@code op} with respect to inputs of {@code shapes} in (−1, 1). */
  public static void check(Function<Tensor[], Tensor> op, Shape... shapes) {
    between(-1, 1).gradients(op, shapes);
  }

  /** A check with inputs from another range, for functions that are not smooth everywhere. */
  public static GradientCheck between(double low, double high) {
    return new GradientCheck(low, high, 7, 100);
  }

  /** A check whose random ops draw from this state. */
  public GradientCheck withRandomState(long seed, long stream) {
    return new GradientCheck(low, high, seed, stream);
  }

  /** Checks the gradient of {@code op} with respect to random inputs of {@code shapes}. */
  public void gradients(Function<Tensor[], Tensor> op, Shape... shapes) {
    var random = new Random(Arrays.hashCode(shapes));
    var inputs = new double[shapes.length][];
    for (int i = 0; i < shapes.length; i++) {
      inputs[i] = random.doubles(shapes[i].size(), low, high).toArray();
    }
    gradientsAt(op, inputs, shapes);
  }

  /** Checks the gradient of {@code op} at the point {@code inputs}. */
  public void gradientsAt(Function<Tensor[], Tensor> op, double[][] inputs, Shape... shapes) {
    try (var backend = new ReferenceBackend()) {
      var run = new Run(backend, op, shapes, inputs);
      var gradients = run.gradients();
      for (int i = 0; i < shapes.length; i++) {
        run.compare(i, gradients[i]);
      }
      assertEquals(0, backend.memory().liveBuffers(), "live buffers after closing every scope");
    }
  }

  /** One op at one point. */
  private final class Run {
    private final ReferenceBackend backend;
    private final Function<Tensor[], Tensor> op;
    private final Shape[] shapes;
    private final double[][] inputs;

    Run(
        ReferenceBackend backend,
        Function<Tensor[], Tensor> op,
        Shape[] shapes,
        double[][] inputs) {
      this.backend = backend;
      this.op = op;
      this.shapes = shapes;
      this.inputs = inputs;
    }

    private Scope open() {
      return Scope.open(backend, Mode.TRAIN, new RandomState(seed, stream));
    }

    private Tensor[] parameters(Scope scope) {
      var tensors = new Tensor[shapes.length];
      for (int i = 0; i < shapes.length; i++) {
        tensors[i] = scope.parameter(shapes[i]);
        backend.set(tensors[i].buffer(), inputs[i]);
      }
      return tensors;
    }

    private double[] weights(int n) {
      return new Random(n).doubles(n, 0.5, 1.5).map(w -> w * (w > 1 ? 1 : -1)).toArray();
    }

    double[][] gradients() {
      try (var scope = open()) {
        var tensors = parameters(scope);
        var y = op.apply(tensors);
        var w = scope.allocate(y.shape());
        backend.set(w.buffer(), weights(y.shape().size()));
        var gradients = Tape.gradients(Reduction.sum(Arithmetic.mul(y, w)));
        var values = new double[shapes.length][];
        for (int i = 0; i < shapes.length; i++) {
          var gradient = gradients.find(tensors[i]);
          values[i] =
              gradient == null ? new double[shapes[i].size()] : backend.values(gradient.buffer());
        }
        return values;
      }
    }

    private double loss() {
      try (var scope = open()) {
        var y = op.apply(parameters(scope));
        var values = backend.values(y.buffer());
        var w = weights(values.length);
        double loss = 0;
        for (int i = 0; i < w.length; i++) {
          loss += w[i] * values[i];
        }
        return loss;
      }
    }

    private double lossAt(double[] input, int element, double value) {
      double before = input[element];
      input[element] = value;
      double loss = loss();
      input[element] = before;
      return loss;
    }

    private double difference(double[] input, int element) {
      double x = input[element];
      double near = lossAt(input, element, x + H) - lossAt(input, element, x - H);
      double far = lossAt(input, element, x + 2 * H) - lossAt(input, element, x - 2 * H);
      return (8 * near - far) / (12 * H);
    }

    void compare(int number, double[] gradient) {
      var input = inputs[number];
      var elements =
          input.length <= CHECKED
              ? IntStream.range(0, input.length)
              : new Random(3).ints(CHECKED, 0, input.length);
      // Elements far below the typical size of the gradient are compared at that size.
      double size = Math.sqrt(Arrays.stream(gradient).map(g -> g * g).average().orElse(0));
      elements.forEach(
          e -> {
            double expected = difference(input, e);
            double scale = Math.max(Math.max(Math.abs(expected), Math.abs(gradient[e])), size);
            double error = Math.abs(expected - gradient[e]);
            assertTrue(
                error <= TOLERANCE * scale + 1e-10,
                () ->
                    "input "
                        + number
                        + " "
                        + shapes[number]
                        + ", element "
                        + e
                        + ": derivative "
                        + gradient[e]
                        + " vs difference quotient "
                        + expected);
          });
    }
  }
}
