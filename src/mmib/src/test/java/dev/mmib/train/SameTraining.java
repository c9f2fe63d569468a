package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Two trainings that must have come to the same, apart from times and memory. */
final class SameTraining {

  private static final List<String> OF_THE_MACHINE =
      List.of("seconds", "postsPerSecond", "backendBytes", "heapBytes");

  private SameTraining() {}

  /** Requires equal metrics, and equal bits of the best model and of the last checkpoint. */
  static void require(Path expected, Path actual) throws IOException {
    assertEquals(metrics(expected), metrics(actual));
    for (var name : List.of("model.safetensors", "config.json", "vocab.txt", "labels.json")) {
      assertArrayEquals(
          Files.readAllBytes(expected.resolve("model").resolve(name)),
          Files.readAllBytes(actual.resolve("model").resolve(name)),
          name);
    }
    var last = Checkpoints.newest(expected);
    var other = Checkpoints.newest(actual);
    assertEquals(last.step(), other.step());
    assertEquals(last.facts(), other.facts());
    assertEquals(last.files(), other.files());
    for (var name : last.files()) {
      if (!name.equals("state.json")) { // which has times
        assertArrayEquals(
            Files.readAllBytes(last.file(name)), Files.readAllBytes(other.file(name)), name);
      }
    }
  }

  /** The lines of metrics, without what no two runs have in common. */
  static List<String> metrics(Path out) throws IOException {
    var lines = new ArrayList<String>();
    for (var text : Files.readAllLines(out.resolve("metrics.jsonl"))) {
      var line = Json.parse(text, "metrics.jsonl").asObject();
      if (line.string("type").equals("pictures")) {
        continue; // what a run that goes on had to look at again
      }
      var kept = new JsonObject();
      line.members()
          .forEach(
              (key, value) -> {
                if (!OF_THE_MACHINE.contains(key)) {
                  kept.put(key, value);
                }
              });
      lines.add(kept.toString());
    }
    return lines;
  }
}
