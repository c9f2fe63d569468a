package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.model.AlignmentConfig;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

  @Test
  void startsFromTheSettingsOfThePaper() {
    var ner = new Settings(Task.NER).config();
    assertEquals(30, ner.epochs());
    assertEquals(8, ner.batchSize());
    assertEquals(3e-5, ner.rates().learningRate());
    assertEquals(0.03, ner.rates().warmup());
    assertEquals(0.01, ner.rates().weightDecay());
    assertEquals(128, ner.model().maxLength());
    assertEquals(4, ner.model().crops());
    var re = new Settings(Task.RE).config();
    assertEquals(80, re.model().maxLength());
    assertEquals(3, re.model().crops());
    assertEquals(1, ner.rates().clipping().factor(1e6), "no clipping");
  }

  @Test
  void setsTheFieldsThatAreDocumented() {
    var config =
        new Settings(Task.NER)
            .set("epochs=5")
            .set("batchSize=16")
            .set("learningRate=1e-3")
            .set("alignment.kind=infonce")
            .set("alignment.pooling=mean")
            .set("beta.text=0.1")
            .set("bert.layers=3")
            .set("epochs=6")
            .config();
    assertEquals(6, config.epochs());
    assertEquals(16, config.batchSize());
    assertEquals(1e-3, config.rates().learningRate());
    assertEquals(AlignmentConfig.Kind.INFONCE, config.model().alignment().kind());
    assertEquals(AlignmentConfig.Pooling.MEAN, config.model().alignment().pooling());
    assertEquals(0.1, config.model().beta().text());
    assertEquals(3, config.bert().layers());
  }

  @Test
  void remembersWhatWasGiven() {
    var settings = new Settings(Task.RE).set("epochs=2").set("bert.hidden=24");
    assertEquals(Set.of("epochs", "bert.hidden"), settings.explicit());
    assertEquals(96, settings.config().bert().intermediate(), "four times as wide");
  }

  @ParameterizedTest
  @EnumSource(Task.class)
  void writesEverySettingSoThatItCanBeReadBack(Task task, @TempDir Path directory)
      throws IOException {
    var settings = new Settings(task).set("dropout=0.25").set("image.encoder=resnet18");
    var file =
        Files.writeString(directory.resolve("all.json"), settings.config().toJson().toString());
    assertEquals(settings.config(), new Settings(task).file(file).config());
  }

  @ParameterizedTest
  @CsvSource({
    "epoch, epochs",
    "batch_size, batchSize",
    "learningrate, learningRate",
    "alignment.knd, alignment.kind",
    "beta.txt, beta.text",
    "bert.layer, bert.layers",
  })
  void refusesAnUnknownKeyNamingTheNearest(String key, String nearest) {
    var e = assertThrows(MmibException.class, () -> new Settings(Task.NER).set(key + "=1"));
    assertEquals(ErrorCode.UNKNOWN_KEY, e.code());
    assertTrue(e.hint().contains(nearest), e.getMessage());
  }

  /** Notes on bad inputs, L04 and the rows about configurations. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "batchSize=0",
        "batchSize=-1",
        "batchSize=1000000000",
        "batchSize=abc",
        "batchSize=2147483648",
        "batchSize=1.5",
        "learningRate=NaN",
        "learningRate=0",
        "learningRate=-1",
        "learningRate=Infinity",
        "learningRate=1e999",
        "learningRate=",
        "epochs=-1",
        "warmup=2",
        "maxLength=1",
        "maxLength=513",
        "clip=-1",
        "dropout=1",
        "textOnly=maybe",
        "missingImages=perhaps",
        "alignment.kind=none_such",
        "fusion=sum",
        "bert.hidden=97",
        "bert.heads=0",
        "image.encoder=vgg16",
        "image.size=8",
        "seed=abc",
        "seed=9223372036854775808",
      })
  void refusesValuesOutOfRangeAsWrongUsage(String assignment) {
    var e =
        assertThrows(MmibException.class, () -> new Settings(Task.NER).set(assignment).config());
    assertEquals(2, e.code().exitStatus(), e.getMessage());
    var key = assignment.substring(0, assignment.indexOf('='));
    var last = key.substring(key.lastIndexOf('.') + 1);
    assertTrue(e.what().contains(last) || e.what().contains("image"), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "9223372036854775807", "0"})
  void takesAnyLongAsASeed(String seed) {
    assertEquals(Long.parseLong(seed), new Settings(Task.NER).set("seed", seed).config().seed());
  }

  @ParameterizedTest
  @ValueSource(strings = {"epochs", "=5", ""})
  void refusesASettingWithoutKeyOrValue(String assignment) {
    var e = assertThrows(MmibException.class, () -> new Settings(Task.NER).set(assignment));
    assertEquals(ErrorCode.USAGE, e.code());
  }

  @Test
  void readsTheConfigurationOfAModelDirectory(@TempDir Path directory) throws IOException {
    var file =
        Files.writeString(
            directory.resolve("config.json"),
            """
            {"model_type": "bert", "hidden_size": 48, "num_hidden_layers": 1,
             "num_attention_heads": 4, "intermediate_size": 100, "vocab_size": 999,
             "mmib": {"task": "ner", "crops": 2, "training": {"epochs": 3}}}
            """);
    var config = new Settings(Task.NER).file(file).set("crops=1").config();
    assertEquals(48, config.bert().hidden());
    assertEquals(100, config.bert().intermediate());
    assertEquals(3, config.epochs());
    assertEquals(1, config.model().crops());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"epoch\": 3}",
        "{\"mmib\": {\"alignment\": {\"kid\": \"none\"}}}",
        "{\"epochs\": \"3\"}",
        "{\"epochs\": -3}",
        "{\"task\": \"re\"}",
        "{\"epochs\": 1, \"epochs\": 2}",
        "[]",
        "",
      })
  void refusesABadFileNamingIt(String text, @TempDir Path directory) throws IOException {
    var file = Files.writeString(directory.resolve("bad.json"), text);
    var e = assertThrows(MmibException.class, () -> new Settings(Task.NER).file(file));
    assertEquals(file.toString(), e.file());
  }

  @Test
  void namesEverySetting() {
    var names = new Settings(Task.NER).names();
    assertTrue(names.containsAll(Set.of("epochs", "image.encoder", "bert.layers", "beta.image")));
    assertEquals(
        Json.parse("\"zero\"", "x"), TrainConfig.of(Task.NER).toJson().at("missingImages"));
  }
}
