package dev.mmib.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.backend.Backend;
import dev.mmib.golden.Backends;
import dev.mmib.golden.Golden;
import dev.mmib.golden.GoldenAssert;
import dev.mmib.golden.GoldenCase;
import dev.mmib.golden.GoldenFile;
import dev.mmib.tensor.Gradients;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The released models' losses, intermediate results and gradients. */
public class MmibGoldenTest {

  @Test
  void namesEveryParameterOfTheReleasedModels() {
    Golden.require("mmib");
    var file = GoldenFile.load("mmib/expected");
    for (var task : Task.values()) {
      var listed = new TreeMap<String, String>();
      for (var entry : file.json().object("parameters").array(task.key())) {
        listed.put(entry.asArray().at(0).asString(), entry.asArray().at(1).toString());
      }
      var ours = new TreeMap<String, String>();
      var names = ReleasedNames.of(task);
      var setup = MmibGoldenSetup.standard(file, task);
      try (var model = setup.model(Backends.present().get(0))) {
        model
            .parameters()
            .all()
            .forEach(
                (name, tensor) -> {
                  var released = names.released(name).orElseThrow();
                  assertEquals(name, names.ours(released).orElseThrow());
                  if (!released.startsWith(MmibGoldenSetup.PICTURES)) {
                    ours.put(released, tensor.shape().toString().replace(" ", ""));
                  }
                });
      }
      assertEquals(listed, ours, "parameters of " + task);
    }
  }

  @Test
  void givesLossesIntermediatesAndGradients() {
    Golden.require("mmib");
    var file = GoldenFile.load("mmib/expected");
    for (var backend : Backends.present()) {
      for (var one : file.cases()) {
        if (!one.json().bool("trajectory", false)) {
          check(backend, file, one);
        }
      }
    }
  }

  private static void check(Backend backend, GoldenFile file, GoldenCase one) {
    try (var model = new MmibGoldenSetup(file, one).model(backend)) {
      check(model, file, one);
    }
  }

  /** Checks a case with a model that has its settings and weights. */
  public static void check(MmibModel model, GoldenFile file, GoldenCase one) {
    var setup = new MmibGoldenSetup(file, one);
    try (var scope = Scope.open(model.backend(), Mode.TRAIN)) {
      var pooled = one.out("pooled");
      var images = setup.images(pooled.floats(), pooled.dims()[0]);
      var results = new HashMap<String, Tensor>();
      PostEncoder.Encoded encoded;
      Losses losses;
      if (model instanceof NerModel ner) {
        var step = ner.forward(setup.nerBatch(), images, setup.noise());
        encoded = step.encoded();
        losses = step.losses();
        results.put("emissions", step.emissions());
      } else {
        var step = ((RelationModel) model).forward(setup.relationBatch(), images, setup.noise());
        encoded = step.encoded();
        losses = step.losses();
        results.put("logits", step.logits());
      }
      put(results, encoded, losses);
      compare(file, one, model, results, Tape.gradients(losses.total()));
    }
    if (one.outputs().containsKey("viterbi")) {
      checkPaths(setup, (NerModel) model, one);
    }
  }

  private static void put(Map<String, Tensor> results, PostEncoder.Encoded encoded, Losses losses) {
    var slots = Objects.requireNonNull(encoded.slots());
    var image = Objects.requireNonNull(encoded.image());
    results.put("pooled", slots.features());
    results.put("img_proj", slots.values());
    results.put("bert_last", encoded.bertOutput());
    results.put("txt_mean", encoded.text().mean());
    results.put("txt_logvar", Objects.requireNonNull(encoded.text().logVariance()));
    results.put("z_txt", encoded.text().z());
    results.put("img_mean", image.mean());
    results.put("img_logvar", Objects.requireNonNull(image.logVariance()));
    results.put("z_img", image.z());
    results.put("img2txt", Objects.requireNonNull(encoded.fused().pictures()));
    results.put("final_txt", encoded.value());
    results.put("main_loss", losses.task());
    results.put("dis_loss", losses.alignment());
    results.put("txt_kl", losses.klText());
    results.put("img_kl", losses.klImage());
    results.put("total", losses.total());
  }

  private static void compare(
      GoldenFile file,
      GoldenCase one,
      MmibModel model,
      Map<String, Tensor> results,
      Gradients gradients) {
    var names = ReleasedNames.of(model.config().task());
    for (var entry : one.outputs().entrySet()) {
      var output = entry.getKey();
      if (output.startsWith("d_")) {
        var parameter = model.parameters().tensor(names.ours(output.substring(2)).orElseThrow());
        var gradient = gradients.find(parameter);
        // Nothing depends on BERT's pooler; its expected gradients are zeros.
        compareGradient(
            file,
            one,
            output,
            gradient != null ? gradient : Scope.current().zeros(parameter.shape()));
      } else if (!output.equals("viterbi")) {
        one.check(output, Objects.requireNonNull(results.get(output), output).toFloats());
      }
    }
  }

  private static void compareGradient(
      GoldenFile file, GoldenCase one, String output, Tensor gradient) {
    var key = one.name() + "/out/" + output;
    if (file.tensors().containsKey(key)) {
      one.check(output, gradient.toFloats());
      return;
    }
    // Large gradients are stored as a slice, such as "d_linear.weight[:, :64]".
    var slice =
        file.tensors().keySet().stream()
            .filter(k -> k.startsWith(key + "["))
            .findFirst()
            .orElseThrow(() -> new AssertionError("nothing stored of " + key));
    GoldenAssert.close(
        slice,
        file.tensor(slice).floats(),
        MmibGoldenSetup.slice(gradient, slice.substring(key.length())),
        GoldenAssert.tolerance(one.outputs().get(output)));
  }

  @Test
  void computesThePicturesFeatures() {
    Golden.require("mmib");
    var file = GoldenFile.load("mmib/expected");
    // One backend: ResNet's own golden values are checked on all of them.
    var backend = Backends.present().get(0);
    for (var one : file.cases()) {
      if (one.json().bool("trajectory", false)) {
        continue;
      }
      var setup = new MmibGoldenSetup(file, one);
      boolean training = one.json().string("mode").equals("train");
      try (var model = setup.model(backend);
          var scope = Scope.open(backend, training ? Mode.TRAIN : Mode.INFER)) {
        var visual = Objects.requireNonNull(model.encoder().visual());
        one.check("pooled", visual.encode(setup.pixels()).features().toFloats());
      }
    }
  }

  private static void checkPaths(MmibGoldenSetup setup, NerModel model, GoldenCase one) {
    var expected = one.out("viterbi").ints();
    var batch = setup.nerBatch();
    var images = setup.images(one.out("pooled").floats(), batch.text().batch());
    var found = model.decode(batch, images, setup.noise());
    for (int b = 0; b < found.size(); b++) {
      int row = b * batch.text().tokens();
      int length = batch.text().lengths()[b];
      var wanted = Arrays.copyOfRange(expected, row, row + length);
      assertArrayEquals(wanted, found.get(b).tags(), one + " viterbi of " + b);
    }
  }
}
