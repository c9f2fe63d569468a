package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.nn.Parameters;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds the first tensor that is not finite, for people who must find out why. */
final class NotFinite {

  private static final int PLACES_NAMED = 16;

  private NotFinite() {}

  /** The value of a loss, checked in the scope that computed it. */
  static double checked(Tensor loss, Parameters parameters) {
    double value = loss.item();
    if (Double.isFinite(value)) {
      return value;
    }
    throw error("the loss is " + value + ": " + inForward(parameters));
  }

  /** A norm that is not finite: which gradient it is. */
  static MmibException norm(
      double norm, Parameters parameters, Function<Tensor, @Nullable Tensor> gradientOf) {
    return error("the gradient's norm is " + norm + ": " + inBackward(parameters, gradientOf));
  }

  /** The same error with the step, the learning rate and the rows that it happened at. */
  static MmibException inStep(MmibException error, long step, double rate, List<String> places) {
    var named = String.join(", ", places.subList(0, Math.min(PLACES_NAMED, places.size())));
    var rest = places.size() > PLACES_NAMED ? ", and " + (places.size() - PLACES_NAMED) : "";
    return MmibException.of(
            error.code(),
            "step "
                + step
                + " at learning rate "
                + (float) rate
                + ", of the rows "
                + named
                + rest
                + ": "
                + error.what(),
            "Lower learningRate, set clip=1, or let some such steps be left out: badSteps=10."
                + " The last checkpoint is from before this step.")
        .causedBy(error);
  }

  private static MmibException error(String what) {
    return MmibException.of(ErrorCode.NOT_FINITE, what, "");
  }

  private static String inForward(Parameters parameters) {
    var weight = firstWeight(parameters);
    if (weight != null) {
      return "the weight '" + weight + "' is not finite";
    }
    return Tape.firstNotFinite()
        .map(
            op ->
                "the first tensor that is not finite is the output of %s %s, op %d of %d%s"
                    .formatted(
                        op.op(),
                        op.output().shape(),
                        op.place(),
                        op.ops(),
                        near(parameters, op.weight())))
        .orElse("every tensor before it is finite");
  }

  private static String near(Parameters parameters, @Nullable Tensor weight) {
    return parameters.all().entrySet().stream()
        .filter(entry -> entry.getValue() == weight)
        .findFirst()
        .map(entry -> ", after the weight '" + entry.getKey() + "'")
        .orElse("");
  }

  /** The first weight with an element that is not finite; null if there is none. */
  static @Nullable String firstWeight(Parameters parameters) {
    for (var entry : parameters.all().entrySet()) {
      if (!isFinite(parameters.backend(), entry.getValue())) {
        return entry.getKey();
      }
    }
    return null;
  }

  /** The backward pass meets the last weights first. */
  private static String inBackward(
      Parameters parameters, Function<Tensor, @Nullable Tensor> gradientOf) {
    var bad = new ArrayList<String>();
    parameters
        .trainable()
        .forEach(
            (name, weight) -> {
              var gradient = gradientOf.apply(weight);
              if (gradient != null && !isFinite(parameters.backend(), gradient)) {
                bad.add(name);
              }
            });
    Collections.reverse(bad);
    return bad.isEmpty()
        ? "every gradient is finite, but not their squares' sum"
        : "the gradient of '" + bad.get(0) + "' is the first of " + bad.size() + " not finite";
  }

  static boolean isFinite(Backend backend, Tensor tensor) {
    return Double.isFinite(backend.optimizer().sumOfSquares(tensor.buffer()));
  }
}
