package dev.mmib.train.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.FileTree;
import dev.mmib.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the store promises while nothing goes wrong, and to those who call it wrongly. */
class CheckpointStoreTest {

  @TempDir Path parent;

  @Test
  void givesBackWhatWasSaved() throws IOException {
    var store = SavedSteps.store(parent);
    assertTrue(store.newest().isEmpty());
    assertFalse(Files.exists(SavedSteps.directory(parent)), "made by the first save only");

    var saved = SavedSteps.save(store, 7);

    var newest = SavedSteps.store(parent).newest().orElseThrow();
    assertEquals(saved, newest);
    SavedSteps.requireRight(newest, 7);
  }

  @Test
  void keepsTheNewestAndNothingElse() throws IOException {
    var store = CheckpointStore.of(SavedSteps.directory(parent), 3);
    for (long step = 1; step <= 9; step++) {
      SavedSteps.save(store, step);
    }
    assertEquals(List.of("ckpt-7", "ckpt-8", "ckpt-9", "latest"), names());
    assertEquals("ckpt-9\n", Files.readString(SavedSteps.directory(parent).resolve("latest")));
  }

  @Test
  void savesAStepAgain() throws IOException {
    var store = SavedSteps.store(parent);
    SavedSteps.save(store, 4);
    for (int i = 0; i < 3; i++) {
      var saved = SavedSteps.save(store, 5);
      assertEquals(saved, SavedSteps.store(parent).newest().orElseThrow());
    }
    assertEquals(List.of("ckpt-5.2", "ckpt-5.3", "latest"), names());
  }

  @Test
  void givesOnlyFilesThatItVerified() throws IOException {
    var saved = SavedSteps.save(SavedSteps.store(parent), 1);
    Files.writeString(saved.directory().resolve("extra"), "x");
    var newest = SavedSteps.store(parent).newest().orElseThrow();
    var e = assertThrows(MmibException.class, () -> newest.file("extra"));
    assertEquals(ErrorCode.CHECKPOINT, e.code());
  }

  @Test
  void leavesNothingOfASaveThatItsCallerBroke() throws IOException {
    var store = SavedSteps.store(parent);
    var before = SavedSteps.save(store, 1);
    var e =
        assertThrows(
            MmibException.class,
            () ->
                store.save(
                    2,
                    Map.of(
                        "weights",
                        channel -> {
                          throw MmibException.of(ErrorCode.NOT_FINITE, "NaN", "");
                        }),
                    new JsonObject()));
    assertEquals(ErrorCode.NOT_FINITE, e.code());
    assertEquals(List.of("ckpt-1", "latest"), names());
    assertEquals(before, store.newest().orElseThrow());
  }

  @Test
  void refusesNamesAndNumbersThatItCouldNotReadBack() {
    var store = SavedSteps.store(parent);
    var nothing = AtomicFile.Content.of(new byte[0]);
    for (var name : List.of("../x", "/x", "a/b", "a\\b", ".x", "", "..", "manifest.json", "é")) {
      assertThrows(
          IllegalArgumentException.class,
          () -> store.save(1, Map.of(name, nothing), new JsonObject()),
          name);
    }
    assertThrows(IllegalArgumentException.class, () -> store.save(-1, Map.of(), new JsonObject()));
    assertThrows(
        IllegalArgumentException.class,
        () -> store.save(Long.MAX_VALUE, Map.of(), new JsonObject()));
    assertThrows(IllegalArgumentException.class, () -> CheckpointStore.of(parent, 1));
  }

  @Test
  void digestsWhatIsWrittenInPieces() throws IOException {
    var store = SavedSteps.store(parent);
    store.save(
        1,
        Map.of(
            "pieces",
            channel -> {
              for (byte b = 0; b < 100; b++) {
                AtomicFile.Content.of(new byte[] {b}).writeTo(channel);
              }
            },
            "empty",
            channel -> {}),
        new JsonObject());
    var newest = SavedSteps.store(parent).newest().orElseThrow();
    var expected = new byte[100];
    for (byte b = 0; b < 100; b++) {
      expected[b] = b;
    }
    assertArrayEquals(expected, Files.readAllBytes(newest.file("pieces")));
    assertEquals(0, Files.size(newest.file("empty")));
  }

  private List<String> names() throws IOException {
    return FileTree.entries(SavedSteps.directory(parent)).stream()
        .map(path -> path.getFileName().toString())
        .sorted()
        .toList();
  }
}
