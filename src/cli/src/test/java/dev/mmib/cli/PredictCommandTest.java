package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.data.DataDirectory;
import dev.mmib.data.ReadOptions;
import dev.mmib.data.Split;
import dev.mmib.error.ErrorCode;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What predict, inspect and check-data print, of a model trained on toy sentences. */
class PredictCommandTest {

  @TempDir static Path directory;
  private static Path data;
  private static Path model;

  @BeforeAll
  static void train() throws IOException {
    data = ToyFiles.ner(directory.resolve("data"), 8, 4);
    var out = directory.resolve("out").toString();
    var ran =
        Ran.mmib(
            "train",
            "--task",
            "ner",
            "--data",
            data.toString(),
            "--out",
            out,
            "--set",
            "epochs=1",
            "--text-only",
            "--device",
            "java",
            "--progress",
            "none");
    assertEquals(0, ran.status(), ran.err());
    model = Path.of(out, "model");
  }

  private static Ran predict(String... options) {
    var arguments = new ArrayList<>(List.of("predict", "--model", model.toString()));
    arguments.addAll(List.of("--device", "java"));
    arguments.addAll(List.of(options));
    return Ran.mmib(arguments.toArray(String[]::new));
  }

  private static List<JsonObject> rows(String lines) {
    return lines.lines().map(line -> Json.parse(line, "output").asObject()).toList();
  }

  @Test
  void badRowsAreToldAndTheOthersGoOnInTheirOrder() throws IOException {
    var posts =
        Files.writeString(
            directory.resolve("posts.jsonl"),
            """
            \uFEFF{"id": "a", "text": "alice visits oslo"}

            {"id": "b", "text": "x", "tokens": ["x"]}
            not json
            {"id": 7, "tokens": ["alice", "visits", "oslo"], "image": null}
            {"id": "c", "text": "x", "head": [0, 1]}
            {"id": "d", "text": "x", "head": [1, 1], "tail": [0, 1]}
            {"id": "e", "text": "x", "colour": "red"}
            {"text": ""}
            """);
    var ran = predict("--input", posts.toString(), "--json");
    assertEquals(3, ran.status(), ran.err());
    var rows = rows(ran.out());
    assertEquals(
        List.of("a", "b", "4", "7", "c", "d", "e", "9"),
        rows.stream().map(row -> row.string("id")).toList());
    var failed = rows.stream().map(row -> row.has("error")).toList();
    assertEquals(List.of(false, true, true, false, true, true, true, false), failed);
    for (var row : rows) {
      if (row.has("error")) {
        assertEquals(ErrorCode.POST.toString(), row.object("error").string("code"));
        assertTrue(row.object("error").string("message").contains("posts.jsonl"), row.toString());
        assertFalse(row.object("error").string("message").contains("MMIB-"), row.toString());
      } else {
        assertEquals("java", row.string("device"));
        assertTrue(row.array("relations").isEmpty());
      }
    }
    assertEquals(List.of("no words"), rows.get(7).array("warnings").strings());
  }

  @Test
  void whatWasFoundCanBeTrainedOn() throws IOException {
    var own = Files.createDirectories(directory.resolve("own"));
    var posts =
        Files.writeString(
            own.resolve("posts.jsonl"),
            """
            {"id": "a", "text": "alice visits oslo", "image": "a.png", "crops": ["b.png"]}
            {"tokens": ["bob", "likes", "rome", "."], "image": null}
            """);
    for (var picture : List.of("a.png", "b.png")) {
      ToyFiles.picture(own.resolve(picture));
    }
    var output = own.resolve("train.jsonl").toString();
    var ran = predict("--input", posts.toString(), "--json", "--with-posts", "--output", output);
    assertEquals(0, ran.status(), ran.err());
    var found = rows(Files.readString(own.resolve("train.jsonl")));
    assertEquals("alice visits oslo", found.get(0).string("text"));
    assertEquals("[\"b.png\"]", found.get(0).array("crops").toString());
    assertTrue(found.get(1).absent("image") && found.get(1).has("tokens"));
    var read = DataDirectory.open(own).ner(Split.TRAIN, ReadOptions.strict());
    assertTrue(read.report().counts().isEmpty(), read.report().findings().toString());
    for (int i = 0; i < 2; i++) {
      var begun =
          read.rows().get(i).labels().stream().filter(label -> label.startsWith("B-")).count();
      assertEquals(found.get(i).array("entities").size(), begun);
    }
    assertEquals("a.png", read.rows().get(0).imageId());
    var again = predict("--input", output, "--json", "--with-posts");
    assertEquals(0, again.status(), again.err());
    assertEquals(found, rows(again.out()), "what was found is no part of the question");
    assertEquals(2, predict("--text", "alice", "--with-posts").status());
  }

  @Test
  void writesAFileOnceAndReplacesItOnlyWhenTold() throws IOException {
    var posts = Files.writeString(directory.resolve("one.jsonl"), "{\"text\": \"alice\"}\n");
    var output = directory.resolve("found.jsonl");
    var arguments =
        new String[] {"--input", posts.toString(), "--json", "--output", output.toString()};
    var first = predict(arguments);
    assertEquals(0, first.status(), first.err());
    assertEquals("", first.out());
    assertEquals(1, rows(Files.readString(output)).size());
    assertEquals(ErrorCode.OUTPUT_EXISTS.exitStatus(), predict(arguments).status());
    var again = new ArrayList<>(List.of(arguments));
    again.add("--overwrite");
    assertEquals(0, predict(again.toArray(String[]::new)).status());
  }

  @ParameterizedTest
  @CsvSource({
    "2, ''",
    "2, --text x --input y",
    "2, --input y --image z",
    "2, --text x --head 0:1",
    "2, --text x --head 0:1 --tail 1",
    "2, --text x --head 1:0 --tail 0:1",
    "3, --input missing.jsonl",
    "3, --input .",
    "0, --text x"
  })
  void exitsByTheKindOfMistake(int status, String options) {
    var words = options.isEmpty() ? new String[0] : options.split(" ");
    var ran = predict(words);
    assertEquals(status, ran.status(), options + ": " + ran.err());
  }

  @Test
  void printsEntitiesWithPlaceAndScoreForPeople() {
    var ran = predict("--text", "alice visits oslo");
    assertEquals(0, ran.status(), ran.err());
    for (var line : ran.out().lines().toList()) {
      assertTrue(line.matches("\\S+ +[01]\\.\\d{3}  \\d+:\\d+  .+"), line);
    }
  }

  @Test
  void inspectListsEveryTensor() {
    var ran = Ran.mmib("inspect", model.toString(), "--check-finite", "--json");
    assertEquals(0, ran.status(), ran.err());
    assertEquals("safetensors", ran.json().string("format"));
    var tensors = ran.json().array("tensors").items();
    var word =
        tensors.stream()
            .map(tensor -> tensor.asObject())
            .filter(t -> t.string("name").equals("bert.embeddings.word_embeddings.weight"))
            .findFirst()
            .orElseThrow();
    assertEquals("F32", word.string("dtype"));
    assertTrue(word.bool("finite"));
    int[] shape = word.array("shape").ints();
    assertEquals(4L * shape[0] * shape[1], word.longInteger("bytes"));
    assertEquals(4, Ran.mmib("inspect", data.toString()).status());
    assertTrue(Ran.mmib("inspect", model.toString()).out().contains(tensors.size() + " tensors"));
  }

  @Test
  void checkDataCountsAndFailsOnRowsThatCannotBeUsed() throws IOException {
    var good = Ran.mmib("check-data", "--task", "ner", "--data", data.toString(), "--json");
    assertEquals(0, good.status(), good.err());
    assertEquals("ner", good.json().string("task"));
    assertEquals(8, good.json().object("splits").object("train").integer("rows"));
    var broken = ToyFiles.ner(directory.resolve("broken"), 8, 4);
    var train = broken.resolve("train.txt");
    Files.writeString(train, Files.readString(train) + "\nIMGID:1\nno label here\n");
    assertEquals(3, Ran.mmib("check-data", "--task", "ner", "--data", broken.toString()).status());
  }
}
