package dev.mmib.train.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.io.AtomicFile;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Checkpoints whose every bit follows from their step. */
final class SavedSteps {

  static final Set<String> FILES = Set.of("model.safetensors", "optimizer.safetensors", "state");

  private SavedSteps() {}

  static Path directory(Path parent) {
    return parent.resolve("checkpoints");
  }

  static CheckpointStore store(Path parent) {
    return CheckpointStore.of(directory(parent), 2);
  }

  static Checkpoint save(CheckpointStore store, long step) {
    return save(store, step, 10_000);
  }

  static Checkpoint save(CheckpointStore store, long step, int bytes) {
    var files = new LinkedHashMap<String, AtomicFile.Content>();
    content(step, bytes).forEach((name, data) -> files.put(name, AtomicFile.Content.of(data)));
    return store.save(step, files, facts(step));
  }

  static Map<String, byte[]> content(long step, int bytes) {
    var random = new Random(step);
    var content = new LinkedHashMap<String, byte[]>();
    for (var name : FILES.stream().sorted().toList()) {
      var data = new byte[bytes + random.nextInt(bytes)];
      random.nextBytes(data);
      content.put(name, data);
    }
    return content;
  }

  static JsonObject facts(long step) {
    return new JsonObject()
        .put("epoch", step / 3)
        .put("best", 1.0 / (step + 3))
        .put("note", "é\u0001\"" + step)
        .put("order", new JsonArray().add(step).add(2L * step));
  }

  static void requireRight(Checkpoint checkpoint, long step) throws IOException {
    requireRight(checkpoint, step, 10_000);
  }

  static void requireRight(Checkpoint checkpoint, long step, int bytes) throws IOException {
    assertEquals(step, checkpoint.step());
    assertEquals(facts(step), checkpoint.facts());
    assertEquals(FILES, checkpoint.files());
    for (var file : content(step, bytes).entrySet()) {
      assertArrayEquals(
          file.getValue(), Files.readAllBytes(checkpoint.file(file.getKey())), file.getKey());
    }
  }
}
