package dev.mmib.train.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Failure;
import dev.mmib.fault.FaultyFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Saving on disks that fail: every operation of a save, in every way. */
class CheckpointFaultTest {

  @TempDir Path parent;

  private final FaultyFiles faults = new FaultyFiles();

  /** A save that replaces a leftover, removes an old checkpoint, and does everything else too. */
  private CheckpointStore prepared(Path home) throws IOException {
    var store = SavedSteps.store(faults.path(home));
    for (long step = 2; step <= 3; step++) {
      SavedSteps.save(store, step);
    }
    var leftover = SavedSteps.directory(home).resolve("ckpt-9.tmp-x");
    Files.createDirectory(leftover);
    Files.writeString(leftover.resolve("part"), "x");
    return store;
  }

  @TestFactory
  Stream<DynamicTest> survivesAFailureOfAnyOperation() throws IOException {
    var rehearsal = prepared(Files.createDirectory(parent.resolve("rehearsal")));
    faults.heal();
    SavedSteps.save(rehearsal, 4);
    int operations = faults.operations().size();
    assertTrue(operations > 30, "operations of a save: " + faults.operations());

    return Stream.of(Failure.values())
        .flatMap(
            failure ->
                Stream.of("K09", "K10")
                    .flatMap(
                        row ->
                            Stream.iterate(1, n -> n <= operations, n -> n + 1)
                                .map(n -> failing(row, n, failure))));
  }

  /** K09 fails once, K10 from then on: a full disk, a lost permission, a read-only remount. */
  private DynamicTest failing(String row, int n, Failure failure) {
    return DynamicTest.dynamicTest(
        row + " " + failure + " at operation " + n,
        () -> {
          var home = Files.createDirectory(parent.resolve(row + failure + n));
          var store = prepared(home);
          faults.failAt(n, failure, row.equals("K10"));

          var e = assertThrows(MmibException.class, () -> SavedSteps.save(store, 4));

          faults.heal();
          assertEquals(failure == Failure.INTERRUPTED, Thread.interrupted());
          requireClear(e, failure);
          assertEquals(0, faults.openChannels(), "channels left open");
          // Either the move was done, then it is there and whole; or the one before is.
          var newest = SavedSteps.store(home).newest().orElseThrow();
          assertTrue(newest.step() >= 3, "step " + newest.step());
          SavedSteps.requireRight(newest, newest.step());
          requireWhole(home, 3);

          SavedSteps.save(store, 5);
          SavedSteps.requireRight(SavedSteps.store(home).newest().orElseThrow(), 5);
          assertEquals(List.of(), leftovers(home));
        });
  }

  private static void requireClear(MmibException e, Failure failure) {
    assertTrue(e.what().startsWith("saving the checkpoint of step 4 failed: "), e.getMessage());
    var reason =
        switch (failure) {
          case NO_SPACE -> "No space left on device";
          case NO_PERMISSION -> "no permission for";
          case INTERRUPTED -> "interrupted";
        };
    assertTrue(e.what().contains(reason), e.getMessage());
    assertEquals(
        failure == Failure.INTERRUPTED ? ErrorCode.CANCELLED : ErrorCode.CHECKPOINT_NOT_SAVED,
        e.code());
  }

  private static void requireWhole(Path home, long step) throws IOException {
    var place =
        Objects.requireNonNull(Place.of(SavedSteps.directory(home).resolve("ckpt-" + step)));
    var manifest = Manifest.read(place.directory());
    manifest.requireDigests(place.directory());
    SavedSteps.requireRight(
        new Checkpoint(place.directory(), step, manifest.facts(), manifest.files().keySet()), step);
  }

  private static List<String> leftovers(Path home) throws IOException {
    try (var entries = Files.list(SavedSteps.directory(home))) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> name.contains("tmp"))
          .toList();
    }
  }

  @Test
  void forcesEverythingBeforeItMovesIt() throws IOException {
    var store = prepared(parent);
    faults.heal();
    SavedSteps.save(store, 4);
    var done =
        faults.operations().stream()
            .map(operation -> operation.replaceAll("tmp-[0-9a-f-]+", "tmp"))
            .filter(operation -> !operation.startsWith("open"))
            .distinct()
            .toList();
    assertEquals(
        List.of(
            "delete part",
            "delete ckpt-9.tmp-x",
            "createDirectory ckpt-4.tmp",
            "write model.safetensors",
            "force model.safetensors",
            "write optimizer.safetensors",
            "force optimizer.safetensors",
            "write state",
            "force state",
            "write manifest.json",
            "force manifest.json",
            "force ckpt-4.tmp",
            "move ckpt-4",
            "force checkpoints",
            "write .tmp",
            "force .tmp",
            "move latest",
            "delete .tmp",
            "move ckpt-2.tmp",
            "delete manifest.json",
            "delete model.safetensors",
            "delete optimizer.safetensors",
            "delete state",
            "delete ckpt-2.tmp"),
        ordered(done));
    assertEquals(
        3,
        faults.operations().stream().filter("force checkpoints"::equals).count(),
        "the directory is forced after each move");
  }

  /** The files of a directory are deleted in no order. */
  private static List<String> ordered(List<String> done) {
    int last = done.size() - 1;
    return Stream.of(
            done.subList(0, last - 4).stream(),
            done.subList(last - 4, last).stream().sorted(),
            done.subList(last, last + 1).stream())
        .flatMap(part -> part)
        .toList();
  }

  @Test
  void k13NamesTheFileSystemThatDoesNotMoveAtOnce() throws IOException {
    var store = SavedSteps.store(faults.path(parent));
    faults.withoutAtomicMoves();
    var e = assertThrows(MmibException.class, () -> SavedSteps.save(store, 1));
    assertEquals(ErrorCode.CHECKPOINT_NOT_SAVED, e.code());
    assertTrue(e.what().contains("does not move a directory at once"), e.getMessage());
    assertEquals(List.of(), leftovers(parent));
    assertTrue(faults.operations().stream().noneMatch(done -> done.startsWith("copy")));
    assertTrue(store.newest().isEmpty());
  }

  @Test
  void reportsARealInterrupt() throws IOException {
    var store = SavedSteps.store(parent);
    var before = SavedSteps.save(store, 1);
    Thread.currentThread().interrupt();
    var e = assertThrows(MmibException.class, () -> SavedSteps.save(store, 2));
    assertTrue(Thread.currentThread().isInterrupted(), "the caller has to know too");
    var reading = assertThrows(MmibException.class, store::newest);
    assertTrue(Thread.interrupted());
    assertEquals(ErrorCode.CANCELLED, e.code());
    assertEquals(ErrorCode.CANCELLED, reading.code(), "what is not read is not damaged");
    assertEquals(before, store.newest().orElseThrow());
    assertEquals(2, SavedSteps.save(store, 2).step());
  }

  @Test
  void k15ChangesNothingWhenItReads() throws IOException {
    SavedSteps.save(SavedSteps.store(parent), 1);
    faults.heal();
    var newest = SavedSteps.store(faults.path(parent)).newest().orElseThrow();
    SavedSteps.requireRight(newest, 1);
    assertEquals(List.of(), faults.operations());
    assertEquals(0, faults.openChannels());
  }
}
