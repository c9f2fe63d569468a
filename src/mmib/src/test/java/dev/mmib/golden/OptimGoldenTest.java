package dev.mmib.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.backend.Backend;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tensor;
import dev.mmib.train.AdamW;
import dev.mmib.train.CosineSchedule;
import dev.mmib.train.GradientClip;
import dev.mmib.train.LinearSchedule;
import dev.mmib.train.Schedule;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Optimizer, schedules and clipping against torch and transformers, step by step. */
class OptimGoldenTest {

  @TestFactory
  Stream<DynamicTest> agreesWithTorchAfterEveryStep() {
    return Golden.orSkipped(
        () ->
            Golden.jsonFiles(Golden.require("optim")).stream()
                .map(GoldenFile::load)
                .flatMap(
                    file ->
                        Backends.present().stream()
                            .flatMap(
                                backend ->
                                    file.json().array("cases").items().stream()
                                        .map(c -> test(backend, file, c.asObject())))));
  }

  private static DynamicTest test(Backend backend, GoldenFile file, JsonObject c) {
    return DynamicTest.dynamicTest(
        c.string("name") + " on " + backend.name(), () -> run(backend, file, c));
  }

  private static void run(Backend backend, GoldenFile file, JsonObject c) {
    var name = c.string("name");
    var schedule = schedule(c);
    try (var scope = Scope.open(backend, Mode.INFER);
        var optimizer = new AdamW(backend, options(c))) {
      var parameters = new LinkedHashMap<String, Tensor>();
      var groups = c.array("groups");
      for (var group : groups) {
        addGroup(file, name, c, group.asObject(), optimizer, parameters);
      }
      for (int step = 0; step < c.integer("steps"); step++) {
        checkRates(c, groups, schedule, step);
        step(backend, file, c, step, optimizer, parameters, schedule.factor(step));
        for (var parameter : parameters.entrySet()) {
          var key = name + "/" + parameter.getKey() + "/after" + step;
          var expected = file.tensor(key).floats();
          double largest = 0;
          for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
          }
          GoldenAssert.close(
              key,
              expected,
              parameter.getValue().toFloats(),
              GoldenAssert.tolerance(c.number("torch_f32_max_err"), largest));
        }
      }
    }
  }

  private static void addGroup(
      GoldenFile file,
      String name,
      JsonObject c,
      JsonObject group,
      AdamW optimizer,
      Map<String, Tensor> parameters) {
    var settings = new AdamW.Group(rate(c, group), group.number("weight_decay", decay(c)));
    for (var parameter : group.object("params").keys()) {
      var init = file.tensor(name + "/" + parameter + "/init");
      var tensor = Scope.current().parameter(init.shape(), init.floats());
      parameters.put(parameter, tensor);
      optimizer.add(parameter, tensor, settings);
    }
  }

  private static double rate(JsonObject c, JsonObject group) {
    return group.number("lr", c.object("hyper").number("lr", 1e-3));
  }

  /** What torch takes where nothing is said. */
  private static double decay(JsonObject c) {
    return c.object("hyper")
        .number("weight_decay", c.string("optimizer").equals("AdamW") ? 0.01 : 0);
  }

  private static AdamW.Options options(JsonObject c) {
    boolean decoupled =
        switch (c.string("optimizer")) {
          case "AdamW" -> true;
          case "Adam" -> false;
          default -> throw new AssertionError("unknown optimizer '" + c.string("optimizer") + "'");
        };
    var hyper = c.object("hyper");
    var betas = hyper.absent("betas") ? new double[] {0.9, 0.999} : hyper.array("betas").doubles();
    return new AdamW.Options(betas[0], betas[1], hyper.number("eps", 1e-8), decoupled);
  }

  private static Schedule schedule(JsonObject c) {
    if (c.absent("schedule")) {
      return Schedule.constant();
    }
    var spec = c.object("schedule");
    double warmup = spec.number("warmup_steps");
    long total = spec.longInteger("total_steps");
    return switch (spec.string("kind")) {
      case "linear_warmup" -> new LinearSchedule(warmup, total);
      case "cosine_warmup" -> new CosineSchedule(warmup, total, spec.number("num_cycles", 0.5));
      default -> throw new AssertionError("unknown schedule '" + spec.string("kind") + "'");
    };
  }

  private static void checkRates(JsonObject c, JsonArray groups, Schedule schedule, int step) {
    var used = c.array("lr_used").at(step).asArray().doubles();
    for (int g = 0; g < used.length; g++) {
      double got = rate(c, groups.at(g).asObject()) * schedule.factor(step);
      assertEquals(used[g], got, 1e-12 * Math.abs(used[g]), "learning rate of step " + step);
    }
  }

  private static void step(
      Backend backend,
      GoldenFile file,
      JsonObject c,
      int step,
      AdamW optimizer,
      Map<String, Tensor> parameters,
      double rateFactor) {
    try (var scope = Scope.open(backend, Mode.INFER)) {
      var gradients = new IdentityHashMap<Tensor, Tensor>();
      parameters.forEach(
          (parameter, tensor) -> {
            var key = c.string("name") + "/" + parameter + "/grad" + step;
            if (file.tensors().containsKey(key)) {
              var values = file.tensor(key);
              gradients.put(tensor, scope.of(values.shape(), values.floats()));
            }
          });
      double norm = GradientClip.norm(backend, optimizer.gradients(gradients::get));
      JsonValue expected = c.array("grad_norm_before_clip").at(step);
      if (!expected.isNull()) {
        assertEquals(expected.asDouble(), norm, 1e-5 * expected.asDouble(), "norm of step " + step);
      }
      var clip =
          c.absent("clip_grad_norm")
              ? GradientClip.none()
              : new GradientClip(c.number("clip_grad_norm"));
      optimizer.step(gradients::get, rateFactor, clip.factor(norm));
    }
  }
}
