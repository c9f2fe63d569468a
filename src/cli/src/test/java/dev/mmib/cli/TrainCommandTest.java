package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.io.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {

  @TempDir Path directory;

  @Test
  void trainsThenScoresAndExtracts() throws IOException {
    // An odd but good path.
    var data = ToyFiles.ner(directory.resolve("dätä with\nnewline"), 48, 12);
    var out = directory.resolve("-out");
    var trained = train(data, out, "--set", "epochs=4", "--json");
    assertEquals(0, trained.status(), trained.err());
    var result = trained.json();
    assertEquals(
        List.of(
            "task",
            "device",
            "epochs",
            "bestEpoch",
            "dev",
            "test",
            "postsPerSecond",
            "missingImages",
            "model"),
        List.copyOf(result.keys()));
    assertEquals("ner", result.string("task"));
    assertEquals("java", result.string("device"));
    assertEquals(3, result.integer("missingImages"));
    assertTrue(result.object("test").number("f1") > 0.9, result.toString());
    assertEquals(Set.of("p", "r", "f1"), result.object("dev").keys());
    var model = out.resolve("model");
    assertEquals(model.toString(), result.string("model"));

    var evaluated = evaluate(data, model, "--json", "--compare", model.toString());
    assertEquals(0, evaluated.status(), evaluated.err());
    var scores = evaluated.json();
    assertEquals("test", scores.string("split"));
    assertEquals("lenient", scores.string("mode"));
    assertEquals(result.object("test").number("f1"), scores.number("f1"));
    assertEquals(Set.of("LOC", "PER"), scores.object("perType").keys());
    assertEquals(12, scores.object("perType").object("PER").integer("support"));
    JsonObject compared = scores.object("compare");
    assertEquals(0, compared.number("deltaF1"));
    assertEquals(1, compared.number("pValue"));
    assertEquals(2, compared.array("ci95").size());

    var report = directory.resolve("report.html");
    var printed = evaluate(data, model, "--mode", "strict", "--report", report.toString());
    assertTrue(printed.out().contains("micro avg"), printed.out());
    var page = Files.readString(report);
    assertTrue(page.startsWith("<!DOCTYPE html>") && page.contains("Per type"), page);

    var found =
        Ran.mmib(
            "predict",
            "--model",
            model.toString(),
            "--text",
            "alice visits oslo",
            "--json",
            "--device",
            "java");
    assertEquals(0, found.status(), found.err());
    assertEquals(2, found.json().array("entities").size(), found.out());
  }

  @Test
  void keepsStandardOutputForResultsAndReportsEveryEpoch() throws IOException {
    var data = ToyFiles.ner(directory.resolve("data"), 8, 4);
    var ran = train(data, directory.resolve("out"), "--set", "epochs=2", "--text-only");
    assertEquals(0, ran.status(), ran.err());
    assertEquals(2, ran.err().lines().filter(line -> line.startsWith("epoch ")).count());
    assertTrue(ran.out().contains("best"), ran.out());
    assertTrue(
        ran.err().codePoints().noneMatch(c -> c < 32 && c != '\n'),
        "no control characters away from a terminal");
    var quiet = train(data, directory.resolve("quiet"), "--set", "epochs=1", "--progress", "none");
    assertEquals("", quiet.err());
  }

  @Test
  void giveTheSameResultForTheSameSeed() throws IOException {
    var data = ToyFiles.ner(directory.resolve("data"), 16, 4);
    var a = train(data, directory.resolve("a"), "--set", "epochs=1", "--seed", "-7", "--json");
    var b = train(data, directory.resolve("b"), "--set", "epochs=1", "--seed", "-7", "--json");
    assertEquals(a.json().object("dev"), b.json().object("dev"));
    assertEquals(
        -1,
        Files.mismatch(
            directory.resolve("a/model/model.safetensors"),
            directory.resolve("b/model/model.safetensors")));
  }

  @Test
  void saysNullWhereThereIsNoTestSet() throws IOException {
    var data = ToyFiles.ner(directory.resolve("data"), 8, 4);
    Files.delete(data.resolve("test.txt"));
    var ran = train(data, directory.resolve("out"), "--set", "epochs=1", "--limit", "4", "--json");
    assertTrue(ran.json().at("test").isNull(), ran.out());
  }

  @Test
  void goesOnFromATrainedModelByItsConfiguration() throws IOException {
    var data = ToyFiles.ner(directory.resolve("data"), 8, 4);
    var first = train(data, directory.resolve("first"), "--set", "epochs=1", "--json");
    var model = first.json().string("model");
    var again =
        Ran.mmib(
            "train",
            "--task",
            "ner",
            "--data",
            data.toString(),
            "--out",
            directory.resolve("again").toString(),
            "--from",
            model,
            "--set",
            "epochs=1",
            "--device",
            "java",
            "--json");
    assertEquals(0, again.status(), again.err());
    var configured =
        Ran.mmib(
            "train",
            "--task",
            "ner",
            "--data",
            data.toString(),
            "--out",
            directory.resolve("configured").toString(),
            "--config",
            model + "/config.json",
            "--set",
            "epochs=1",
            "--device",
            "java",
            "--json");
    assertEquals(0, configured.status(), configured.err());
  }

  @Test
  void endsQuietlyWhenTheReaderOfResultsHasGone() {
    var err = new ByteArrayOutputStream();
    var gone =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    var console = new Console(new ByteArrayInputStream(new byte[0]), gone, err, false);
    assertEquals(0, Mmib.run(new String[] {"doctor"}, console, Map.of()));
    assertEquals("", err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void failsWhenResultsCannotBeWritten() {
    var err = new ByteArrayOutputStream();
    var full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    var console = new Console(new ByteArrayInputStream(new byte[0]), full, err, false);
    assertEquals(1, Mmib.run(new String[] {"doctor"}, console, Map.of()));
    assertFalse(err.toString(StandardCharsets.UTF_8).isEmpty());
  }

  private static Ran train(Path data, Path out, String... more) {
    var arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--task",
                "ner",
                "--data",
                data.toString(),
                "--out",
                out.toString(),
                "--device",
                "java"));
    arguments.addAll(ToyFiles.QUICK);
    arguments.addAll(List.of(more));
    return Ran.mmib(arguments.toArray(String[]::new));
  }

  private static Ran evaluate(Path data, Path model, String... more) {
    var arguments =
        new ArrayList<>(
            List.of(
                "evaluate",
                "--model",
                model.toString(),
                "--data",
                data.toString(),
                "--device",
                "java"));
    arguments.addAll(List.of(more));
    return Ran.mmib(arguments.toArray(String[]::new));
  }
}
