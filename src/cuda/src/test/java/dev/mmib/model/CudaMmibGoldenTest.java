package dev.mmib.model;

import dev.mmib.backend.Device;
import dev.mmib.backend.Precision;
import dev.mmib.cuda.CudaBackend;
import dev.mmib.cuda.Goldens;
import dev.mmib.cuda.natives.CudaNatives;
import dev.mmib.golden.Golden;
import dev.mmib.golden.GoldenCase;
import dev.mmib.golden.GoldenFile;
import dev.mmib.tensor.Gradients;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The released models' losses, intermediate results and gradients in every precision. */
@Tag("gpu")
class CudaMmibGoldenTest {

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INT8")
  void mmibGivesTheGoldenLossesAndGradients(Precision precision) {
    var reason = CudaNatives.unavailableBecause();
    Assumptions.assumeTrue(reason.isEmpty(), () -> reason.orElse(""));
    Golden.require("mmib");
    var file = GoldenFile.load("mmib/expected");
    try (var gpu = new CudaBackend(new Device.Options(0, 1, precision, false))) {
      for (var one : file.cases()) {
        if (!one.json().bool("trajectory", false)) {
          try (var model = new MmibGoldenSetup(file, one).model(gpu)) {
            check(precision, model, file, one);
          }
        }
      }
    }
  }

  private static void check(Precision precision, MmibModel model, GoldenFile file, GoldenCase one) {
    var setup = new MmibGoldenSetup(file, one);
    try (var scope = Scope.open(model.backend(), Mode.TRAIN)) {
      var pooled = one.out("pooled");
      var images = setup.images(pooled.floats(), pooled.dims()[0]);
      var results = new HashMap<String, Tensor>();
      Losses losses;
      if (model instanceof NerModel ner) {
        var step = ner.forward(setup.nerBatch(), images, setup.noise());
        losses = step.losses();
        put(results, step.encoded());
        results.put("emissions", step.emissions());
      } else {
        var step = ((RelationModel) model).forward(setup.relationBatch(), images, setup.noise());
        losses = step.losses();
        put(results, step.encoded());
        results.put("logits", step.logits());
      }
      results.put("main_loss", losses.task());
      results.put("dis_loss", losses.alignment());
      results.put("txt_kl", losses.klText());
      results.put("img_kl", losses.klImage());
      results.put("total", losses.total());
      compare(Goldens.of(precision), file, one, model, results, Tape.gradients(losses.total()));
    }
  }

  private static void put(Map<String, Tensor> results, PostEncoder.Encoded encoded) {
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
  }

  private static void compare(
      Goldens goldens,
      GoldenFile file,
      GoldenCase one,
      MmibModel model,
      Map<String, Tensor> results,
      Gradients gradients) {
    var names = ReleasedNames.of(model.config().task());
    one.outputs()
        .forEach(
            (output, spec) -> {
              var key = one.name() + "/out/" + output;
              if (!output.startsWith("d_")) {
                if (!output.equals("viterbi")) { // its own test compares paths, in float32
                  var got = Objects.requireNonNull(results.get(output), output);
                  goldens.check(key, spec, one.out(output).asFloats(), got.toFloats(), false);
                }
                return;
              }
              var ours = names.ours(output.substring(2)).orElseThrow();
              var gradient = gradients.find(model.parameters().tensor(ours));
              if (gradient == null) {
                return; // BERT's pooler, on which nothing depends
              }
              if (file.tensors().containsKey(key)) {
                goldens.check(file, key, spec, gradient.toFloats(), true);
                return;
              }
              // Large gradients are stored as a slice, such as "d_linear.weight[:, :64]".
              var slice =
                  file.tensors().keySet().stream()
                      .filter(k -> k.startsWith(key + "["))
                      .findFirst()
                      .orElseThrow();
              var got = MmibGoldenSetup.slice(gradient, slice.substring(key.length()));
              goldens.check(slice, spec, file.tensor(slice).floats(), got, true);
            });
  }
}
