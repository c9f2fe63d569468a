package dev.mmib.golden;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.mul;
import static dev.mmib.op.Reduction.sum;

import dev.mmib.backend.Backend;
import dev.mmib.backend.DType;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;

/** Runs one case of golden values forward and backward and compares everything it names. */
public final class GoldenRun {

  /** The inputs of a case as tensors, and the outputs made of them. */
  public static final class Context {

    private final GoldenCase golden;
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final Map<String, Tensor> outputs = new LinkedHashMap<>();
    private @Nullable Tensor loss;

    private Context(GoldenCase golden) {
      this.golden = golden;
      var scope = Scope.current();
      golden
          .ins()
          .forEach(
              (name, values) -> {
                if (values.isWhole()) {
                  inputs.put(name, scope.ints(values.shape(), values.ints()));
                } else if (isConstant(name)) {
                  inputs.put(name, scope.of(values.shape(), values.floats()));
                } else {
                  inputs.put(name, scope.parameter(values.shape(), values.floats()));
                }
              });
    }

    private static boolean isConstant(String input) {
      return input.startsWith("const_") || input.startsWith("w_");
    }

    public GoldenCase golden() {
      return golden;
    }

    public Tensor in(String name) {
      var tensor = inputs.get(name);
      if (tensor == null) {
        throw new AssertionError(golden + ": no input '" + name + "' among " + inputs.keySet());
      }
      return tensor;
    }

    public @Nullable Tensor optional(String name) {
      return inputs.get(name);
    }

    /** An input of whole numbers as floats. */
    public Tensor floats(String name) {
      var values = golden.in(name);
      return Scope.current().of(values.shape(), values.asFloats());
    }

    public Context out(String name, Tensor value) {
      outputs.put(name, value);
      return this;
    }

    /** Says what is differentiated, where it is not Σ w_k ⊙ out_k. */
    public Context loss(Tensor value) {
      loss = value;
      return this;
    }

    /** Whether this run is for gradients: outputs without a derivative must be left out. */
    public boolean isForGradients() {
      return Scope.current().mode() == Mode.TRAIN;
    }

    private Tensor lossOfOutputs() {
      Tensor total = loss;
      if (total == null) {
        for (var output : outputs.entrySet()) {
          var weights = inputs.get("w_" + output.getKey());
          if (weights != null) {
            var part = sum(mul(output.getValue(), weights));
            total = total == null ? part : add(total, part);
          }
        }
      }
      if (total == null) {
        throw new AssertionError(golden + ": gradients without a loss, outputs " + outputs);
      }
      return total;
    }
  }

  /** Computes outputs from inputs. */
  @FunctionalInterface
  public interface Forward {
    void run(Context context);
  }

  private GoldenRun() {}

  /** One test for each case of a file and each backend. */
  public static Stream<DynamicTest> tests(
      GoldenFile file, Function<GoldenCase, Forward> operators) {
    return Backends.present().stream()
        .flatMap(
            backend ->
                file.cases().stream()
                    .map(
                        c ->
                            DynamicTest.dynamicTest(
                                c + " on " + backend.name(),
                                () -> run(backend, c, operators.apply(c)))));
  }

  static void run(Backend backend, GoldenCase golden, Forward forward) {
    try (var scope = Scope.open(backend, Mode.INFER)) {
      var context = new Context(golden);
      forward.run(context);
      for (var output : golden.outputs().keySet()) {
        if (gradientOf(golden, output) == null) {
          var got = context.outputs.get(output);
          if (got == null) {
            throw new AssertionError(
                golden + ": operator " + golden.op() + " gives no output '" + output + "'");
          }
          golden.check(output, numbers(got));
        }
      }
    }
    if (golden.outputs().keySet().stream().anyMatch(o -> gradientOf(golden, o) != null)) {
      checkGradients(backend, golden, forward);
    }
  }

  private static void checkGradients(Backend backend, GoldenCase golden, Forward forward) {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var context = new Context(golden);
      forward.run(context);
      var gradients = Tape.gradients(context.lossOfOutputs());
      for (var output : golden.outputs().keySet()) {
        var name = gradientOf(golden, output);
        if (name != null) {
          var input = context.in(name);
          var gradient = gradients.find(input);
          golden.check(
              output, gradient == null ? new float[input.shape().size()] : gradient.toFloats());
        }
      }
    }
  }

  /** The input whose gradient an output is, or null: {@code d_x}, {@code nll_mean_d_x}. */
  private static @Nullable String gradientOf(GoldenCase golden, String output) {
    int at = output.startsWith("d_") ? 0 : output.indexOf("_d_") + 1;
    if (!output.startsWith("d_", at)) {
      return null;
    }
    var name = output.substring(at + 2);
    return golden.hasIn(name) ? name : null;
  }

  private static float[] numbers(Tensor tensor) {
    if (tensor.type() == DType.F32) {
      return tensor.toFloats();
    }
    var ints = tensor.toInts();
    var floats = new float[ints.length];
    for (int i = 0; i < ints.length; i++) {
      floats[i] = ints[i];
    }
    return floats;
  }
}
