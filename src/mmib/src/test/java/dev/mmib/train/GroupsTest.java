package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.model.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GroupsTest {

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

  @Test
  void givesAllTheSameRateUnlessToldOtherwise() {
    var config = new Settings(Task.NER).set("learningRate=1e-3").config();
    assertEquals(1e-3, Groups.rate("bert.pooler.dense.weight", config));
    assertEquals(1e-3, Groups.rate("crf.transitions", config));
  }
}
