package dev.mmib.train.checkpoint;

import static dev.mmib.train.checkpoint.CheckpointRow.body;
import static dev.mmib.train.checkpoint.CheckpointRow.forged;
import static dev.mmib.train.checkpoint.CheckpointRow.good;
import static dev.mmib.train.checkpoint.CheckpointRow.goodWarned;
import static dev.mmib.train.checkpoint.CheckpointRow.pointer;
import static dev.mmib.train.checkpoint.CheckpointRow.previous;
import static dev.mmib.train.checkpoint.CheckpointRow.refused;
import static dev.mmib.train.checkpoint.CheckpointRow.second;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.io.FileTree;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonScalar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which checkpoint is read where directories are not as they were made; a row is named by its id.
 */
class CheckpointPlacesTest {

  @TempDir Path home;

  private Path template;

  @BeforeEach
  void save() throws IOException {
    template = Files.createDirectory(home.resolve("template"));
    var store = SavedSteps.store(template);
    SavedSteps.save(store, 1);
    SavedSteps.save(store, 2);
  }

  @TestFactory
  Stream<DynamicTest> rows() {
    var rows = new ArrayList<CheckpointRow>();
    pointers(rows);
    versions(rows);
    order(rows);
    return CheckpointRow.tests(rows, template, home);
  }

  private static void pointers(List<CheckpointRow> rows) {
    rows.add(
        new CheckpointRow(
            "K04a leftover tmp",
            c -> Files.move(second(c), c.resolve("ckpt-2.tmp-1234")),
            previous("which is not there")));
    rows.add(
        new CheckpointRow(
            "K04b half-moved folder",
            c -> {
              Files.createDirectory(c.resolve("ckpt-3"));
              Files.copy(second(c).resolve("state"), c.resolve("ckpt-3").resolve("state"));
            },
            goodWarned("ckpt-3: passed over")));
    rows.add(pointer("K04c latest to nowhere", "ckpt-7", goodWarned("which is not there")));
    rows.add(pointer("K04d latest to a tmp", "ckpt-2.tmp-1", goodWarned("is no checkpoint")));
    rows.add(
        pointer("K04e latest outside", "../ckpt-2", refused(ErrorCode.CHECKPOINT, "leads out")));
    rows.add(
        pointer("K04f latest absolute", "/ckpt-2", refused(ErrorCode.CHECKPOINT, "leads out")));
    rows.add(
        pointer("K04g latest to the parent", "..", refused(ErrorCode.CHECKPOINT, "leads out")));
    rows.add(
        pointer(
            "K04h latest back-slashed", "..\\ckpt-2", refused(ErrorCode.CHECKPOINT, "leads out")));
    rows.add(pointer("K04i latest empty", "", goodWarned("is no checkpoint")));
    rows.add(pointer("K04j latest of 1 MB", "x".repeat(1 << 20), goodWarned("1048576 bytes")));
    rows.add(pointer("K04k latest of controls", "\u001b[31m", goodWarned("'\\u001b[31m'")));
    rows.add(pointer("K04l latest to an older one", "ckpt-1", good()));
    rows.add(new CheckpointRow("K04m no latest", c -> Files.delete(c.resolve("latest")), good()));
    rows.add(
        new CheckpointRow(
            "K04n latest a directory",
            c -> {
              Files.delete(c.resolve("latest"));
              Files.createDirectory(c.resolve("latest"));
            },
            goodWarned("is a directory")));
    rows.add(
        new CheckpointRow(
            "K04o latest a link outside",
            c -> {
              Files.delete(c.resolve("latest"));
              Files.createSymbolicLink(c.resolve("latest"), Path.of("../../ckpt-2"));
            },
            refused(ErrorCode.CHECKPOINT, "leads out")));
    rows.add(
        new CheckpointRow(
            "K04p latest a link inside",
            c -> {
              Files.delete(c.resolve("latest"));
              Files.createSymbolicLink(c.resolve("latest"), Path.of("ckpt-2"));
            },
            good()));
    rows.add(
        new CheckpointRow(
            "K04q a file named as one",
            c -> Files.writeString(c.resolve("ckpt-3"), "x"),
            goodWarned("ckpt-3: passed over")));
    for (var name : List.of("ckpt-03", "ckpt-3.1x", "ckpt--3", "ckpt-", "ckpt-3.0", "Ckpt-3")) {
      rows.add(
          new CheckpointRow(
              "K04r named " + name, c -> Files.createDirectory(c.resolve(name)), good()));
    }
    rows.add(
        new CheckpointRow(
            "K04s a number of many digits",
            c -> Files.createDirectory(c.resolve("ckpt-" + "9".repeat(30))),
            good()));
  }

  private static void versions(List<CheckpointRow> rows) {
    rows.add(
        forged(
            "K05a older",
            json -> json.put("version", 0),
            refused(ErrorCode.CHECKPOINT_VERSION, "has version 0")));
    rows.add(
        forged(
            "K05b newer",
            json -> json.put("version", 2),
            refused(ErrorCode.CHECKPOINT_VERSION, "has version 2")));
    rows.add(
        forged(
            "K05c null",
            json -> json.put("version", JsonScalar.NULL),
            refused(ErrorCode.CHECKPOINT_VERSION, "names no version")));
    rows.add(
        new CheckpointRow(
            "K05d missing",
            c -> {
              var body = new JsonObject();
              body(second(c))
                  .members()
                  .forEach(
                      (key, value) -> {
                        if (!key.equals("version")) {
                          body.put(key, value);
                        }
                      });
              Files.write(second(c).resolve(Manifest.NAME), Manifest.rendered(body));
            },
            refused(ErrorCode.CHECKPOINT_VERSION, "names no version")));
    rows.add(forged("K05e text", json -> json.put("version", "1"), "expected a number"));
    rows.add(
        forged(
            "K05f newer, its other members unknown",
            json -> json.put("version", 9).put("files", "elsewhere"),
            refused(
                ErrorCode.CHECKPOINT_VERSION,
                "has version 9 of the format, this program reads 1")));
  }

  private static void order(List<CheckpointRow> rows) {
    rows.add(
        new CheckpointRow(
            "K12a the clock went back",
            c -> {
              touch(c.resolve("ckpt-1"), Instant.parse("2100-01-01T00:00:00Z"));
              touch(second(c), Instant.EPOCH);
            },
            good()));
    rows.add(
        new CheckpointRow(
            "K12b the same step twice",
            c -> SavedSteps.save(CheckpointStore.of(c, 2), 2),
            parent -> {
              var newest = SavedSteps.store(parent).newest().orElseThrow();
              assertEquals("ckpt-2.2", newest.directory().getFileName().toString());
              SavedSteps.requireRight(newest, 2);
            }));
    rows.add(
        new CheckpointRow(
            "K12c the later of the same step damaged",
            c -> {
              var again = SavedSteps.save(CheckpointStore.of(c, 2), 2);
              Files.delete(again.file("state"));
            },
            goodWarned("ckpt-2.2: passed over")));
    for (var steps : List.of(List.of(9L, 10L, 100L), List.of(100L, 9L, 10L))) {
      rows.add(
          new CheckpointRow(
              "K12d steps " + steps,
              c -> {
                var store = CheckpointStore.of(c, 5);
                steps.forEach(step -> SavedSteps.save(store, step));
              },
              parent -> SavedSteps.requireRight(newest(parent), 100)));
    }
    rows.add(
        new CheckpointRow(
            "K15a symlinked folder",
            c -> {
              Files.move(c, c.resolveSibling("elsewhere"));
              Files.createSymbolicLink(c, Path.of("elsewhere"));
            },
            parent -> {
              good().require(parent);
              SavedSteps.save(SavedSteps.store(parent), 3);
              SavedSteps.requireRight(newest(parent), 3);
            }));
    rows.add(
        new CheckpointRow(
            "K15b symlinked checkpoint",
            c -> {
              Files.move(second(c), c.resolveSibling("moved"));
              Files.createSymbolicLink(second(c), Path.of("../moved"));
            },
            parent -> {
              good().require(parent);
              var store = SavedSteps.store(parent);
              SavedSteps.save(store, 3);
              SavedSteps.save(store, 4);
              assertTrue(Files.exists(parent.resolve("moved/state")), "what a link names stays");
              assertTrue(Files.notExists(second(SavedSteps.directory(parent))));
            }));
    rows.add(
        new CheckpointRow(
            "K15c a link to itself",
            c -> Files.createSymbolicLink(c.resolve("ckpt-3"), Path.of("ckpt-3")),
            goodWarned("ckpt-3: passed over")));
  }

  private static void touch(Path tree, Instant time) throws IOException {
    for (var file : FileTree.entries(tree)) {
      Files.setLastModifiedTime(file, FileTime.from(time));
    }
    Files.setLastModifiedTime(tree, FileTime.from(time));
  }

  private static Checkpoint newest(Path parent) {
    return SavedSteps.store(parent).newest().orElseThrow();
  }
}
