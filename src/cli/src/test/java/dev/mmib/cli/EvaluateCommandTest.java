package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.cli.report.ReadPage;
import dev.mmib.io.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateCommandTest {

  @TempDir Path directory;

  private Path train(Path data, String name, String... more) {
    var arguments =
        new ArrayList<>(List.of("train", "--task", "ner", "--data", data.toString(), "--out"));
    arguments.add(directory.resolve(name).toString());
    arguments.addAll(List.of("--device", "java", "--progress", "none"));
    arguments.addAll(ToyFiles.QUICK);
    arguments.addAll(List.of(more));
    var ran = Ran.mmib(arguments.toArray(String[]::new));
    assertEquals(0, ran.status(), ran.err());
    return directory.resolve(name).resolve("model");
  }

  private static Ran evaluate(Path model, Path data, String... more) {
    var arguments = new ArrayList<>(List.of("evaluate", "--model", model.toString(), "--data"));
    arguments.addAll(List.of(data.toString(), "--device", "java"));
    arguments.addAll(List.of(more));
    return Ran.mmib(arguments.toArray(String[]::new));
  }

  /** Data with hostile words, a picture that is broken and one that is missing. */
  private Path data() throws IOException {
    var data = ToyFiles.ner(directory.resolve("data"), 32, 12);
    var test = data.resolve("test.txt");
    Files.writeString(
        test,
        Files.readString(test)
            + "IMGID:evil\n<script>\tB-PER\n&amp;\tO\n\"><img\tB-LOC\nsrc=x>\tI-LOC\n\n");
    Files.writeString(data.resolve("images/evil.jpg"), "no picture");
    return data;
  }

  @Test
  void writesOneReportOfWhatItPrints() throws IOException {
    var data = data();
    var model = train(data, "full", "--set", "epochs=1");
    var other = train(data, "text", "--set", "epochs=2", "--text-only");
    var file = directory.resolve("r.html");
    var ran =
        evaluate(model, data, "--json", "--compare", other.toString(), "--report", file.toString());
    assertEquals(0, ran.status(), ran.err());
    var json = ran.json();
    assertEquals(
        List.of(
            "task",
            "split",
            "mode",
            "device",
            "p",
            "r",
            "f1",
            "perType",
            "compare",
            "rows",
            "missingImages",
            "calibration",
            "confusion"),
        List.copyOf(json.keys()));
    assertEquals(13, json.integer("rows"));
    assertEquals(2, json.integer("missingImages"));

    var html = Files.readString(file);
    assertFalse(html.contains("<script") || html.contains("<img\"") || html.contains("src=x>"));
    var page = new ReadPage(html);
    assertTrue(page.facts().contains("rows 13") && page.facts().contains("without picture 2"));
    var micro = List.of(four(json.at("p")), four(json.at("r")), four(json.at("f1")));
    var printed =
        page.section("Per type").rows().stream()
            .filter(row -> row.get(0).equals("micro avg"))
            .findFirst()
            .orElseThrow();
    assertEquals(micro, printed.subList(1, 4));
    var compare = json.object("compare");
    var difference = page.section("Difference of F1 to the other model").text();
    assertTrue(
        difference.contains(
            String.format(
                Locale.ROOT,
                "%+.4f to %+.4f, p = %s.",
                compare.array("ci95").doubles()[0],
                compare.array("ci95").doubles()[1],
                four(compare.at("pValue")))),
        difference);
    var confusion = json.object("confusion");
    var labels = confusion.array("labels");
    assertTrue(labels.at(labels.size() - 1).isNull(), "what is there where nothing is");
    int sum = 0;
    for (var row : confusion.array("counts")) {
      for (int count : row.asArray().ints()) {
        sum += count;
      }
    }
    assertTrue(sum >= 26, "each gold entity is counted: " + sum);
    if (!json.at("calibration").isNull()) {
      var calibration = json.object("calibration");
      assertEquals(four(calibration.at("ece")), page.section("Calibration").texts("dd").get(0));
      assertEquals(four(calibration.at("brier")), page.section("Calibration").texts("dd").get(1));
    }
    var cards = page.section("The worst posts").parts("article");
    assertFalse(cards.isEmpty(), "a model of one epoch makes mistakes");
    assertTrue(cards.stream().anyMatch(card -> !card.parts("img").isEmpty()));
    assertTrue(
        cards.stream().anyMatch(card -> card.texts("p", "text").get(0).contains("\"><img")),
        "the hostile row is among the misses, as text");
  }

  private static String four(JsonValue value) {
    return String.format(Locale.ROOT, "%.4f", value.asDouble());
  }

  @Test
  void refusesModelsOfTwoTasksAndOddPlacesBeforeItScores() throws IOException {
    var data = ToyFiles.ner(directory.resolve("data"), 8, 4);
    var model = train(data, "full", "--set", "epochs=1");
    var re = directory.resolve("re");
    Files.createDirectories(re);
    for (var name : List.of("config.json", "labels.json", "vocab.txt", "model.safetensors")) {
      Files.copy(model.resolve(name), re.resolve(name));
    }
    var config = Files.readString(re.resolve("config.json"));
    assertTrue(config.contains("\"ner\""), config);
    Files.writeString(re.resolve("config.json"), config.replace("\"ner\"", "\"re\""));
    var other = evaluate(model, data, "--compare", re.toString());
    assertEquals(2, other.status(), other.err());
    assertTrue(other.err().contains("other task"), other.err());
    var place = evaluate(model, data, "--report", directory.toString());
    assertEquals(2, place.status(), place.err());
    assertEquals("", place.out());
  }
}
