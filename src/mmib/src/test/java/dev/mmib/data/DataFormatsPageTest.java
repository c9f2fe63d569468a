package dev.mmib.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.golden.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The examples of docs/data-formats.md are read as the page says. */
class DataFormatsPageTest {

  private static final Pattern BLOCK =
      Pattern.compile("^```(\\w+) ([a-z ]+)\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

  @TempDir Path folder;

  static Stream<Arguments> examples() throws IOException {
    var page = Files.readString(Golden.fromRoot("docs/data-formats.md"));
    var found = new ArrayList<Arguments>();
    for (var block = BLOCK.matcher(page); block.find(); ) {
      for (var task : block.group(2).split(" ")) {
        found.add(Arguments.of(task, block.group(1), block.group(3)));
      }
    }
    return found.stream();
  }

  @Test
  void thePageHasEveryForm() throws IOException {
    assertEquals(
        List.of(
            "ner jsonl",
            "re jsonl",
            "ner jsonl",
            "re jsonl",
            "ner csv",
            "re csv",
            "ner txt",
            "re txt"),
        examples().map(a -> a.get()[0] + " " + a.get()[1]).toList());
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("examples")
  void everyExampleIsReadAndChecked(String task, String form, String content) throws IOException {
    Files.writeString(folder.resolve("train." + form), content);
    var data = DataDirectory.open(folder);
    var strict = ReadOptions.strict();
    var report =
        task.equals("ner")
            ? data.ner(Split.TRAIN, strict).report()
            : data.relations(Split.TRAIN, strict).report();
    assertTrue(report.counts().isEmpty(), report.findings().toString());
    var check = task.equals("ner") ? DataCheck.ner(data) : DataCheck.relations(data);
    assertTrue(check.isUsable(), check.toText());
  }

  @Test
  void theFirstExampleSaysWhatItSeemsToSay() throws IOException {
    var first = examples().findFirst().orElseThrow().get();
    Files.writeString(folder.resolve("train.jsonl"), String.valueOf(first[2]));
    var row = DataDirectory.open(folder).ner(Split.TRAIN, ReadOptions.strict()).rows().get(0);
    assertEquals(List.of("Kevin", "Durant", "enters", "Oracle", "Arena"), row.tokens());
    assertEquals(List.of("B-PER", "I-PER", "O", "B-LOC", "I-LOC"), row.labels());
    assertEquals("images/1.jpg", row.imageId());
    assertEquals(new NamedPictures("images/1.jpg", List.of("crops/1a.jpg")), row.pictures());
  }
}
