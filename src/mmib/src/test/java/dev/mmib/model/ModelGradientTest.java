package dev.mmib.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.ReferenceBackend;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The whole model's derivatives against central differences, in double precision. */
class ModelGradientTest {

  private static final double H = 1e-5;

  // Among thousands of relus and maxima some lie within 1e-5 of their kink.
  private static final double H_OF_PICTURES = 1e-7;

  private float @Nullable [] weights;

  @ParameterizedTest
  @EnumSource(Task.class)
  void derivesLossesOfRowsThatCountDifferently(Task task) {
    weights = new float[] {0.25f, 2, 0.75f};
    derivesEveryParameter("weighted", Tiny.config(task).with(c -> c.textOnly = true));
  }

  @ParameterizedTest
  @MethodSource("dev.mmib.model.Variants#all")
  void derivesEveryParameter(String name, MmibConfig config) {
    try (var backend = new ReferenceBackend()) {
      try (var model = Tiny.model(backend, config)) {
        gradients(backend, model)
            .forEach((parameter, gradient) -> compare(backend, model, parameter, gradient));
      }
      assertEquals(0, backend.memory().liveBuffers(), "live buffers after closing the model");
    }
  }

  private Map<String, double[]> gradients(ReferenceBackend backend, MmibModel model) {
    var found = new HashMap<String, double[]>();
    try (var step = open(backend)) {
      var gradients = Tape.gradients(Tiny.loss(model, weights).total());
      model
          .parameters()
          .trainable()
          .forEach(
              (parameter, tensor) ->
                  found.put(parameter, backend.values(gradients.of(tensor).buffer())));
    }
    assertFalse(found.isEmpty());
    return found;
  }

  private static Scope open(ReferenceBackend backend) {
    return Scope.open(backend, Mode.TRAIN, new RandomState(3, 0));
  }

  /** Compares the largest element of a gradient, where a lost part shows most. */
  private void compare(
      ReferenceBackend backend, MmibModel model, String parameter, double[] gradient) {
    int at = 0;
    for (int i = 0; i < gradient.length; i++) {
      if (Math.abs(gradient[i]) > Math.abs(gradient[at])) {
        at = i;
      }
    }
    var buffer = model.parameters().tensor(parameter).buffer();
    var values = backend.values(buffer);
    double x = values[at];
    double h = parameter.startsWith("resnet.") ? H_OF_PICTURES : H;
    values[at] = x + h;
    backend.set(buffer, values);
    double above = loss(backend, model);
    values[at] = x - h;
    backend.set(buffer, values);
    double below = loss(backend, model);
    values[at] = x;
    backend.set(buffer, values);
    double expected = (above - below) / (2 * h);
    double error = Math.abs(expected - gradient[at]);
    assertTrue(
        error <= 1e-5 * Math.abs(expected) + 1e-12 / h,
        parameter + "[" + at + "]: " + gradient[at] + " vs difference quotient " + expected);
    // The bias of keys shifts all scores of a query alike, which softmax does not see.
    if (!parameter.endsWith("key.bias")) {
      assertTrue(Math.abs(gradient[at]) > 1e-12, parameter + " has no influence");
    }
  }

  private double loss(ReferenceBackend backend, MmibModel model) {
    try (var step = open(backend)) {
      return backend.values(Tiny.loss(model, weights).total().buffer())[0];
    }
  }
}
