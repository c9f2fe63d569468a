package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Child;
import dev.mmib.fault.Warnings;
import dev.mmib.io.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who may write a directory, and what stays of what is in it. */
class OutputDirectoryTest {

  /** A process that holds a directory until its end. */
  public static final class Holding {
    private Holding() {}

    public static void main(String[] arguments) throws InterruptedException {
      try (var held = OutputDirectory.open(Path.of(arguments[0]), Existing.OVERWRITE)) {
        System.out.println("answer: holds " + held.path());
        Thread.sleep(Long.MAX_VALUE);
      } catch (MmibException e) {
        System.out.println("answer: " + e.getMessage());
      }
    }
  }

  @TempDir Path home;
  private Path out;

  @BeforeEach
  void path() {
    out = home.resolve("out");
  }

  @Test
  void takesAnEmptyOneOnlyUnlessToldOtherwise() throws IOException {
    OutputDirectory.open(out, Existing.REFUSE).close();
    OutputDirectory.open(out, Existing.REFUSE).close();
    Files.writeString(out.resolve("notes.txt"), "mine");

    var e = refused(out, Existing.REFUSE);
    assertTrue(e.hint().contains("--overwrite or --resume"), e.getMessage());

    OutputDirectory.open(out, Existing.OVERWRITE).close();
    OutputDirectory.open(out, Existing.RESUME).close();
    assertEquals("mine", Files.readString(out.resolve("notes.txt")));
  }

  @ParameterizedTest
  @EnumSource
  void refusesAFile(Existing existing) throws IOException {
    Files.writeString(out, "x");
    assertTrue(refused(out, existing).what().contains("is a file"));
  }

  @Test
  void hasNothingToResumeWhereNothingIs() {
    assertTrue(refused(out, Existing.RESUME).what().contains("nothing to resume"));
    assertFalse(Files.exists(out));
  }

  @Test
  void overwritesWhatATrainingWritesAndFollowsNoLinks() throws IOException {
    Files.createDirectories(out.resolve("model"));
    Files.createDirectories(out.resolve("checkpoints/ckpt-1"));
    for (var name :
        List.of(
            "model/config.json",
            "checkpoints/ckpt-1/manifest.json",
            "metrics.jsonl",
            "training.json",
            "memory.json",
            "loss.png",
            "events.out.tfevents.1.host",
            "mine.txt")) {
      Files.writeString(out.resolve(name), "x");
    }
    var outside = Files.createDirectory(home.resolve("outside"));
    Files.writeString(outside.resolve("precious"), "x");
    Files.createSymbolicLink(out.resolve("model/linked"), outside);
    Files.createSymbolicLink(out.resolve("checkpoints/ckpt-2"), outside);
    Files.createSymbolicLink(out.resolve(".model-old"), outside);

    OutputDirectory.open(out, Existing.OVERWRITE).close();

    assertEquals(List.of(".lock", "mine.txt"), names(out));
    assertEquals(List.of("precious"), names(outside));
  }

  @Test
  void resumesWithEverythingButWhatAKilledWriterLeft() throws IOException {
    var kept =
        List.of("checkpoints", "events.out.tfevents.1", "loss.png", "metrics.jsonl", "model");
    Files.createDirectories(out);
    for (var name : kept) {
      Files.writeString(out.resolve(name), name);
    }
    Files.writeString(out.resolve(".tmp-123e4567-e89b-12d3-a456-426614174000"), "half");
    Files.writeString(out.resolve(".tmp-mine"), "x");
    OutputDirectory.open(out, Existing.RESUME).close();
    assertEquals(
        List.of(
            ".lock",
            ".tmp-mine",
            "checkpoints",
            "events.out.tfevents.1",
            "loss.png",
            "metrics.jsonl",
            "model"),
        names(out));
  }

  @Test
  void worksBehindALink() throws IOException {
    var real = Files.createDirectory(home.resolve("real"));
    Files.createSymbolicLink(out, real);
    try (var first = OutputDirectory.open(out, Existing.REFUSE)) {
      assertTrue(refused(real, Existing.OVERWRITE).what().contains("is being written"));
      assertEquals(out.resolve("checkpoints"), first.checkpoints());
    }
  }

  // K11, L17

  @ParameterizedTest
  @EnumSource
  void k11RefusesASecondTrainingOfThisProcess(Existing existing) {
    try (var first = OutputDirectory.open(out, Existing.REFUSE)) {
      var e = refused(first.path(), existing == Existing.REFUSE ? Existing.RESUME : existing);
      assertTrue(
          e.what().contains("is being written by process " + ProcessHandle.current().pid() + " on"),
          e.getMessage());
    }
    OutputDirectory.open(out, existing).close();
  }

  @Test
  void k11RefusesASecondProcessAndTellsWhoHoldsIt() throws Exception {
    try (var child = Child.start(Holding.class, out.toString())) {
      requireHolds(child);
      var e = refused(out, Existing.RESUME);
      assertTrue(e.what().contains("process " + child.pid() + " on "), e.getMessage());
      assertTrue(e.what().contains(OutputLock.host()) && e.what().contains(" since 20"), e.what());

      child.kill();
      OutputDirectory.open(out, Existing.RESUME).close(); // the lock died with it
    }
  }

  @Test
  void k11StaysLockedAfterARefusalInTheSameProcess() throws Exception {
    try (var first = OutputDirectory.open(out, Existing.REFUSE)) {
      refused(first.path(), Existing.OVERWRITE);
      try (var child = Child.start(Holding.class, out.toString())) {
        var line = child.await("answer: ");
        assertNotNull(line, () -> child.lines().toString());
        assertTrue(
            line.contains("is being written by process " + ProcessHandle.current().pid()), line);
      }
    }
    try (var child = Child.start(Holding.class, out.toString())) {
      requireHolds(child);
    }
  }

  @Test
  void k11ExplainsALockLeftOnAnotherHostAndGoesOn() throws IOException {
    Files.createDirectories(out);
    for (var holder :
        List.of(
            "process 7 on else\u001bwhere since 2026-01-02T03:04:05Z",
            "process 7 on " + OutputLock.host() + " since 2026-01-02T03:04:05Z",
            "garbage \u001b")) {
      Files.writeString(out.resolve(OutputLock.NAME), holder);
      try (var warnings = new Warnings("dev.mmib.train")) {
        OutputDirectory.open(out, Existing.RESUME).close();
        var given = warnings.take();
        assertEquals(holder.contains("else") ? 1 : 0, given.size(), given.toString());
        if (!given.isEmpty()) {
          assertTrue(
              given.get(0).contains("process 7 on 'else\\u001bwhere' since 2026-01-02T03:04:05Z"),
              given.toString());
        }
      }
      assertEquals("", Files.readString(out.resolve(OutputLock.NAME)), "given back");
    }
  }

  private static void requireHolds(Child child) throws IOException {
    var line = child.await("answer: ");
    assertTrue(line != null && line.contains("holds"), () -> child.lines().toString());
  }

  private static MmibException refused(Path path, Existing existing) {
    var e = assertThrows(MmibException.class, () -> OutputDirectory.open(path, existing).close());
    assertEquals(ErrorCode.OUTPUT_EXISTS, e.code());
    return e;
  }

  private static List<String> names(Path directory) throws IOException {
    return FileTree.entries(directory).stream()
        .map(entry -> entry.getFileName().toString())
        .sorted()
        .toList();
  }
}
