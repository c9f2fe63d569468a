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
          new Row("train @NEW", 2, "--task"),
          new Row("evaluate --data DATA", 2, "--model"),
          new Row("evaluate --model NEW --data DATA", 4, "new"),
          new Row("evaluate --model DATA --data DATA", 4, "config.json"),
          new Row("evaluate --model NEW --data DATA --split all", 2, "split"),
          new Row("evaluate --model NEW --data DATA --mode loose", 2, "--mode"),
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
  void saysItsVersionAndHelpOnStandardOutput() {
    var version = Ran.mmib("--version");
    assertEquals(0, version.status());
    assertTrue(version.out().startsWith("mmib "), version.out());
    var help = Ran.mmib("--help");
    assertEquals(0, help.status());
    for (var command : List.of("train", "evaluate", "predict", "inspect", "check-data", "doctor")) {
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
