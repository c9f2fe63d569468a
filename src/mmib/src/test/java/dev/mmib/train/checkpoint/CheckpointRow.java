package dev.mmib.train.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Warnings;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** A way in which the checkpoints of steps 1 and 2 are damaged, and what reading them must give. */
record CheckpointRow(String id, Damage damage, Outcome outcome) {

  /** Does something to a directory of checkpoints. */
  @FunctionalInterface
  interface Damage {
    void to(Path checkpoints) throws IOException;
  }

  /** Requires something of the checkpoints below {@code parent}. */
  @FunctionalInterface
  interface Outcome {
    void require(Path parent) throws IOException;
  }

  /** Damages a copy and looks at it. */
  void check(Path template, Path copy) throws IOException {
    copy(template, copy);
    damage.to(SavedSteps.directory(copy));
    outcome.require(copy);
  }

  static Stream<DynamicTest> tests(List<CheckpointRow> rows, Path template, Path home) {
    return IntStream.range(0, rows.size())
        .mapToObj(
            i ->
                DynamicTest.dynamicTest(
                    rows.get(i).id(), () -> rows.get(i).check(template, home.resolve("row" + i))));
  }

  static void copy(Path from, Path to) throws IOException {
    try (var all = Files.walk(from)) {
      for (var file : all.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }

  static Path second(Path checkpoints) {
    return checkpoints.resolve("ckpt-2");
  }

  // What comes of it

  /** Step 2 is there and right, and nothing is worth a warning. */
  static Outcome good() {
    return parent -> requireNewest(parent, 2, List.of());
  }

  static Outcome goodWarned(String warning) {
    return parent -> requireNewest(parent, 2, List.of(warning));
  }

  /** Step 2 is passed over with one warning. */
  static Outcome previous(String warning) {
    return parent -> requireNewest(parent, 1, List.of(warning));
  }

  static Outcome none() {
    return parent -> {
      try (var warnings = new Warnings("dev.mmib.train.checkpoint")) {
        assertTrue(SavedSteps.store(parent).newest().isEmpty());
        assertEquals(2, warnings.take().size());
      }
    };
  }

  static Outcome refused(ErrorCode code, String what) {
    return parent -> {
      var e = assertThrows(MmibException.class, () -> SavedSteps.store(parent).newest());
      assertEquals(code, e.code(), e.getMessage());
      assertTrue(e.what().contains(what), e.getMessage());
      assertTrue(!e.hint().isEmpty() && e.file() != null, e.getMessage());
    };
  }

  static void requireNewest(Path parent, long step, List<String> expected) throws IOException {
    try (var warnings = new Warnings("dev.mmib.train.checkpoint")) {
      var newest = SavedSteps.store(parent).newest().orElseThrow();
      SavedSteps.requireRight(newest, step);
      var given = warnings.take();
      assertEquals(expected.size(), given.size(), given.toString());
      for (int i = 0; i < given.size(); i++) {
        assertTrue(given.get(i).contains(expected.get(i)), given.toString());
      }
    }
  }

  // Rows of one kind

  /** The manifest is other text. */
  static CheckpointRow raw(String id, String manifest, String warning) {
    return new CheckpointRow(
        id, c -> Files.writeString(second(c).resolve(Manifest.NAME), manifest), previous(warning));
  }

  /** The manifest says something else, and agrees with itself. */
  static CheckpointRow forged(String id, Consumer<JsonObject> change, String warning) {
    return forged(id, change, previous(warning));
  }

  static CheckpointRow forged(String id, Consumer<JsonObject> change, Outcome outcome) {
    return new CheckpointRow(
        id,
        c -> {
          var body = body(second(c));
          change.accept(body);
          Files.write(second(c).resolve(Manifest.NAME), Manifest.rendered(body));
        },
        outcome);
  }

  static CheckpointRow pointer(String id, String text, Outcome outcome) {
    return new CheckpointRow(id, c -> Files.writeString(c.resolve("latest"), text), outcome);
  }

  /** What a manifest says, without its digest. */
  static JsonObject body(Path checkpoint) throws IOException {
    var json = Json.parse(Files.readString(checkpoint.resolve(Manifest.NAME)), "manifest");
    var body = new JsonObject();
    json.asObject()
        .members()
        .forEach(
            (key, value) -> {
              if (!key.equals("sha256")) {
                body.put(key, value);
              }
            });
    return body;
  }

  static JsonObject entry(JsonObject manifest, String file) {
    return manifest.object("files").object(file);
  }
}
