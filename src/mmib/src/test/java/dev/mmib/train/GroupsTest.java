package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.data.DataDirectory;
import dev.mmib.data.Fidelity;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GroupsTest {

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "bert.encoder.layer.0.output.dense.weight, 2e-5",
    "resnet.layer1.0.conv1.weight, 2e-5",
    "crf.transitions, 5e-2",
    "crf.start_transitions, 5e-2",
    "text_encoder.mean.query.weight, 1e-3",
    "image_encoder.mean.query.weight, 1e-3",
    "visual_projection.weight, 1e-3",
    "head.weight, 1e-3",
  })
  void givesEncodersTheRestAndTheCrfRatesOfTheirOwn(String name, double rate) {
    var config =
        new Settings(Task.NER)
            .set("learningRate=1e-3")
            .set("encoderLearningRate=2e-5")
            .set("crfLearningRate=5e-2")
            .config();
    assertEquals(rate, Groups.rate(name, config));
  }

  @ParameterizedTest
  @CsvSource({
    "bert.encoder.layer.0.output.dense.weight, true",
    "resnet.layer2.0.downsample.0.weight, true",
    "resnet.layer2.0.downsample.1.weight, false",
    "resnet.layer1.0.bn2.weight, false",
    "bert.encoder.layer.0.output.LayerNorm.weight, false",
    "fusion.text_from_image.output_norm.weight, false",
    "head.bias, false",
    "crf.transitions, true",
  })
  void letsNormsAndBiasesNotDecay(String name, boolean decays) {
    assertEquals(decays, Groups.decays(name, Task.NER, Fidelity.CORRECTED));
  }

  /** The vectors called weight are those of norms, whatever their owners are called. */
  @ParameterizedTest
  @EnumSource(Task.class)
  void letsNoNormOfAModelDecay(Task task) throws IOException {
    var data = task == Task.NER ? ToyData.ner(directory, 4, 2) : ToyData.relations(directory, 4, 2);
    var config = ToyData.settings(task).config();
    var found = TrainingData.forTraining(DataDirectory.open(data), task, config.rows(), 1);
    try (var backend = new JavaBackend(1);
        var model =
            ModelSource.RANDOM
                .make(backend, ModelSource.RANDOM.design(config, Set.of(), found))
                .model()) {
      int norms = 0;
      for (var entry : model.parameters().trainable().entrySet()) {
        if (entry.getValue().shape().rank() == 1 && entry.getKey().endsWith(".weight")) {
          norms++;
          assertFalse(Groups.decays(entry.getKey(), task, Fidelity.CORRECTED), entry.getKey());
        }
      }
      assertTrue(norms > 10, norms + " norms");
    }
  }

  @Test
  void givesAllTheSameRateUnlessToldOtherwise() {
    var config = new Settings(Task.NER).set("learningRate=1e-3").config();
    assertEquals(1e-3, Groups.rate("bert.pooler.dense.weight", config));
    assertEquals(1e-3, Groups.rate("crf.transitions", config));
  }
}
