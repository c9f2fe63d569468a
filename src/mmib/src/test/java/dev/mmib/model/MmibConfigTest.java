package dev.mmib.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.bert.BertConfig;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class MmibConfigTest {

  private static MmibConfig read(String json) {
    return MmibConfig.fromJson(Json.parse(json, "config.json").asObject());
  }

  @ParameterizedTest
  @MethodSource("dev.mmib.model.Variants#all")
  void readsWhatItWrites(String name, MmibConfig config) {
    assertEquals(config, read(Json.writeIndented(config.toJson())));
  }

  @ParameterizedTest
  @EnumSource(Task.class)
  void hasTheTasksUsualValues(Task task) {
    assertEquals(MmibConfig.of(task), read("{\"task\": \"" + task.key() + "\"}"));
  }

  @Test
  void takesTheUsualPicturesOfAnEncoder() {
    var config = read("{\"task\": \"re\", \"image\": {\"encoder\": \"resnet50\"}}");
    assertEquals(new ImageConfig("resnet50", true, 224, 256), config.image());
    assertEquals(4, config.slots());
  }

  @ParameterizedTest
  @CsvSource({"24, 4, 0, 12", "768, 12, 0, 12", "128, 2, 0, 2", "128, 2, 8, 8"})
  void choosesHeadsThatFitTheTextEncoder(int hidden, int heads, int asked, int chosen) {
    var bert = BertConfig.of(100, hidden, 1, heads, 8);
    var config = MmibConfig.of(Task.NER).with(c -> c.attentionHeads = asked);
    assertEquals(chosen, config.fitting(bert).attentionHeads());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"fusion\": \"cross\"}; task",
        "{\"task\": \"pos\"}; ner, re",
        "{\"task\": \"ner\", \"fusion\": \"mix\"}; cross, concat, add",
        "{\"task\": \"ner\", \"crop\": 4}; crops",
        "{\"task\": \"ner\", \"alignment\": {\"taU\": 1}}; temperature",
        "{\"task\": \"ner\", \"alignment\": {\"temperature\": 0}}; temperature",
        "{\"task\": \"ner\", \"alignment\": {\"negatives\": 0}}; negatives",
        "{\"task\": \"ner\", \"beta\": {\"text\": -1}}; beta.text",
        "{\"task\": \"ner\", \"crops\": -1}; crops",
        "{\"task\": \"ner\", \"dropout\": 1}; dropout",
        "{\"task\": \"ner\", \"attentionHeads\": -1}; attentionHeads",
        "{\"task\": \"ner\", \"maxLength\": 3}; maxLength",
        "{\"task\": \"re\", \"maxLength\": 7}; maxLength",
        "{\"task\": \"ner\", \"image\": {\"encoder\": \"vgg\"}}; resnet18",
        "{\"task\": \"ner\", \"image\": {\"size\": 16}}; image.size"
      })
  void refusesAndNamesASetting(String json, String named) {
    var error = assertThrows(MmibException.class, () -> read(json));
    assertTrue(error.toString().contains(named), error.toString());
    assertEquals(4, error.code().exitStatus());
  }
}
