package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Wrong uses of the command, each with its exit code and a word of what is said. */
class UsageTest {

  /** {@code DATA} is a good data directory, {@code NEW} a path that does not exist. */
  private record Row(String arguments, int status, String said) {}

  private static final List<Row> ROWS =
      List.of(
          new Row("", 2, "Missing sub-command"),
          new Row("trian", 2, "train"),
          new Row("train --tsk ner", 2, "--task"),
          new Row("train", 2, "--task"),
          new Row("train --task ner --data DATA", 2, "--out"),
          new Row("train --task", 2, "--task"),
          new Row("train --task ner --task re --data DATA --out NEW", 2, "--task"),
          new Row("train --task pos --data DATA --out NEW", 2, "--task"),
          new Row("train --task ner --data DATA --out NEW --nonsense", 2, "--nonsense"),
          new Row("train --task ner --data DATA --out NEW extra", 2, "extra"),
          new Row("train --task ner --data DATA --out NEW --set epochs", 2, "epochs"),
          new Row("train --task ner --data DATA --out NEW --set epoch=1", 2, "epochs"),
          new Row("train --task ner --data DATA --out NEW --set batchSize=0", 2, "1 to 4096"),
          new Row("train --task ner --data DATA --out NEW --set batchSize=1000000000", 2, "4096"),
          new Row("train --task ner --data DATA --out NEW --set learningRate=NaN", 2, "number"),
          new Row("train --task ner --data DATA --out NEW --set learningRate=0", 2, "above 0"),
          new Row("train --task ner --data DATA --out NEW --set maxLength=513", 2, "4 to 512"),
          new Row("train --task ner --data DATA --out NEW --set warmup=2", 2, "0 to 1"),
          new Row("train --task ner --data DATA --out NEW --seed abc", 2, "--seed"),
          new Row("train --task ner --data DATA --out NEW --seed 9223372036854775808", 2, "--seed"),
          new Row("train --task ner --data DATA --out NEW --limit 0", 2, "--limit"),
          new Row("train --task ner --data DATA --out NEW --threads 0", 2, "1 to 1024"),
          new Row("train --task ner --data DATA --out NEW --threads 1000000", 2, "1 to 1024"),
          new Row("train --task ner --data DATA --out NEW --fidelity exact", 2, "--fidelity"),
          new Row("train --task ner --data DATA --out NEW --missing-images no", 2, "--missing"),
          new Row("train --task ner --data DATA --out NEW --progress fast", 2, "--progress"),
          new Row(
              "train --task ner --data DATA --out NEW --text-only --image-encoder tiny",
              2,
              "exclude each other"),
          new Row("train --task ner --data DATA --out NEW --text-encoder DATA --from DATA", 4, ""),
          new Row("train --task ner --data DATA --out NEW --image-encoder NEW", 4, "new"),
          new Row("train --task ner --data DATA --out NEW --text-encoder NEW", 4, "new"),
          new Row("train --task ner --data DATA --out NEW --from NEW", 4, "new"),
          new Row("train --task ner --data DATA --out NEW --config NEW", 4, "new"),
          new Row("train --task ner --data NEW --out NEW", 3, "new"),
          new Row("train --task re --data DATA --out NEW", 3, "train.txt"),
          new Row("train --task ner --data DATA --out DATA", 2, "not empty"),
          new Row("train --task ner --data DATA --out NEW --device gpu", 1, "gpu"),
          new Row("train --task ner --data DATA --out NEW --device cuda:9", 1, "cuda"),
          new Row("train --task ner --data DATA --out NEW --device cuda:x", 2, "cuda"),
          new Row("train --task ner --data DATA --out NEW @NEW", 2, "Files of arguments are not"),
          new Row("train --batch-size 0", 2, "--set batchSize="),
          new Row("train --task ner --data DATA --out NEW --lr=1", 2, "--set learningRate="),
          new Row("train --task ner --data DATA --out NEW --seed 1 --set seed=2", 2, "twice"),
          new Row("train --task ner --data DATA --out NEW --seed=", 2, "--seed"),
          new Row("train --task ner --data= --out NEW", 2, "empty path"),
          new Row("train --task ner --data DATA --out DATA --overwrite", 2, "is read from"),
          new Row("train --task ner --data DATA --out NEW -- --json", 2, "--json"),
          new Row("predict --model NEW --text a --output DATA/train.txt", 2, "exists"),
          new Row("predict --model NEW --text a --output DATA", 2, "directory"),
          new Row("predict --model NEW --text a --output NEW2/x", 1, "does not exist"),
          new Row(
              "predict --model NEW --input DATA/train.txt --overwrite --output DATA/train.txt",
              2,
              "also the input"),
          new Row("predict --model NEW --text a --output /dev/null --overwrite", 2, "regular"),
          new Row("evaluate --model NEW --data DATA --report DATA", 2, "directory"),
          new Row("evaluate --data DATA", 2, "--model"),
          new Row("evaluate --model NEW --data DATA", 4, "new"),
          new Row("evaluate --model DATA --data DATA", 4, "config.json"),
          new Row("evaluate --model NEW --data DATA --split all", 2, "split"),
          new Row("evaluate --model NEW --data DATA --mode loose", 2, "--mode"),
          new Row("convert", 2, "IN"),
          new Row("convert NEW", 2, "OUT"),
          new Row("convert NEW NEW2", 4, "no such file"),
          new Row("convert DATA NEW", 4, "pytorch_model.bin"),
          new Row("convert DATA/train.txt NEW", 4, "train.txt"),
          new Row("convert DATA/train.txt NEW --fidelity exact", 2, "--fidelity"),
          new Row("convert NEW NEW2 more", 2, "more"),
          new Row("study", 2, "--out"),
          new Row("study --out NEW --seeds 1", 2, "2 to 1000"),
          new Row("study --out NEW --tasks pos", 2, "--tasks"),
          new Row("doctor --jason", 2, "--json"));

  @TestFactory
  Stream<DynamicTest> refuses(@TempDir Path directory) throws IOException {
    var data = ToyFiles.ner(directory.resolve("data"), 4, 2);
    var fresh = directory.resolve("new");
    return ROWS.stream()
        .map(
            row ->
                DynamicTest.dynamicTest(
                    row.arguments().isEmpty() ? "nothing" : row.arguments(),
                    () -> {
                      var ran = Ran.mmib(arguments(row, data, fresh));
                      assertEquals(row.status(), ran.status(), ran.toString());
                      assertEquals("", ran.out(), "nothing on standard output");
                      assertTrue(ran.err().contains(row.said()), ran.err());
                      assertFalse(ran.err().contains("\tat "), "a stack trace: " + ran.err());
                      assertFalse(Files.exists(fresh.resolve("model")));
                    }));
  }

  private static String[] arguments(Row row, Path data, Path fresh) {
    var given = new ArrayList<String>();
    Arrays.stream(row.arguments().split(" "))
        .filter(word -> !word.isEmpty())
        .map(word -> word.replace("DATA", data.toString()).replace("NEW", fresh.toString()))
        .forEach(given::add);
    if (given.size() > 4 && given.stream().noneMatch("--device"::equals)) {
      given.addAll(List.of("--device", "java"));
    }
    return given.toArray(String[]::new);
  }

  @Test
  void optionsCountMoreThanTheEnvironmentAndThatMoreThanFiles(@TempDir Path directory)
      throws IOException {
    var file = directory.resolve("run.json");
    Files.writeString(
        file, "{\"epochs\": 1, \"batchSize\": 2, \"patience\": 3, \"seed\": 4, \"clip\": 0.5}");
    var environment =
        Map.of("MMIB_SET", "epochs=11 batchSize=12", "MMIB_SEED", "14", "MMIB_DEVICE", "java");
    var ran =
        Ran.in(
            environment,
            ("train --task ner --data none --out none --print-config --set epochs=20 --set epochs=21 --config "
                    + file)
                .split(" "));
    assertEquals(0, ran.status(), ran.err());
    var config = ran.json().object("config");
    assertEquals(21, config.integer("epochs"));
    assertEquals(12, config.integer("batchSize"));
    assertEquals(3, config.integer("patience"));
    assertEquals(14, config.integer("seed"));
    assertEquals("java", ran.json().string("device"));
    var origins = ran.json().object("givenBy");
    assertEquals("--set", origins.string("epochs"));
    assertEquals("MMIB_SET", origins.string("batchSize"));
    assertEquals("--config " + file, origins.string("patience"));
    assertEquals("MMIB_SEED", origins.string("seed"));
    assertFalse(origins.has("accumulate"), "usual values were given by nobody");
  }

  @Test
  void precisionAndGraphsAreOptionsAndVariables() {
    var train = "train --task ner --data none --out none --print-config";
    assertDevice("fp32", false, Ran.in(Map.of(), train.split(" ")));
    assertDevice("tf32", true, Ran.in(Map.of(), (train + " --precision TF32 --graphs").split(" ")));
    var environment = Map.of("MMIB_PRECISION", "bf16", "MMIB_GRAPHS", "true");
    assertDevice("bf16", true, Ran.in(environment, train.split(" ")));
    assertDevice(
        "fp32", true, Ran.in(environment, (train + " --precision fp32 --graphs").split(" ")));
    assertDevice("bf16", false, Ran.in(environment, (train + " --no-graphs").split(" ")));
    var wrong = Ran.in(Map.of("MMIB_PRECISION", "fp8"), train.split(" "));
    assertEquals(2, wrong.status());
    assertTrue(wrong.err().contains("MMIB_PRECISION"), wrong.err());
    assertTrue(wrong.err().toLowerCase(Locale.ROOT).contains("bf16"), wrong.err());
  }

  private static void assertDevice(String precision, boolean graphs, Ran ran) {
    assertEquals(0, ran.status(), ran.err());
    assertEquals(precision, ran.json().string("precision"));
    assertEquals(graphs, ran.json().bool("graphs"));
  }

  @Test
  void namesTheVariableOfTheEnvironmentThatIsWrong() {
    var train = "train --task ner --data none --out none --print-config".split(" ");
    var threads = Ran.in(Map.of("MMIB_THREADS", "many"), train);
    assertEquals(2, threads.status());
    assertTrue(threads.err().contains("MMIB_THREADS"), threads.err());
    var setting = Ran.in(Map.of("MMIB_SET", "epoch=1"), train);
    assertEquals(2, setting.status());
    assertTrue(
        setting.err().contains("MMIB_SET") && setting.err().contains("epochs"), setting.err());
  }

  @Test
  void escapesWhatWouldMoveTheCursor() {
    var ran = Ran.mmib("inspect", "a\u001b[31m\nb\u202ec");
    assertEquals(4, ran.status(), ran.err());
    assertTrue(ran.err().contains("a\\u001b[31m\\u000ab\\u202ec"), ran.err());
    var unknown = Ran.mmib("doctor", "--\u001b[31m");
    assertFalse(unknown.err().contains("\u001b"), unknown.err());
  }

  @Test
  void saysItsVersionAndHelpOnStandardOutput() {
    var version = Ran.mmib("--version");
    assertEquals(0, version.status());
    assertTrue(version.out().startsWith("mmib "), version.out());
    var help = Ran.mmib("--help");
    assertEquals(0, help.status());
    for (var command :
        List.of("train", "evaluate", "predict", "convert", "inspect", "check-data", "doctor")) {
      assertTrue(help.out().contains("  " + command), command + " in " + help.out());
      assertEquals(0, Ran.mmib(command, "--help").status());
    }
    assertEquals("", help.err());
  }

  @Test
  void tellsWhatThisMachineHas() {
    var report = Ran.mmib("doctor", "--json").json();
    assertTrue(report.has("java") && report.has("os"));
    var names = new ArrayList<String>();
    for (var device : report.array("devices")) {
      names.add(device.asObject().string("name"));
      assertTrue(device.asObject().has("available") && device.asObject().has("versions"));
    }
    assertTrue(names.containsAll(List.of("cuda", "java")), names.toString());
    assertTrue(Ran.mmib("doctor").out().contains("auto chooses"));
  }
}
