package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Failure;
import dev.mmib.fault.FaultyFiles;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * A training whose output fails says so, and ends as any other once the disk is well again: K09
 * where one operation fails, K10 where all do from then on.
 */
class TrainingFaultTest {

  private static final int TRIED = 20;

  @TempDir Path home;

  private final FaultyFiles faults = new FaultyFiles();
  private final Backend backend = new JavaBackend(1);
  private Path data;
  private Path whole;

  @BeforeEach
  void trainOnGoodDisks() throws IOException {
    data = ToyData.ner(home.resolve("data"), 16, 4);
    whole = home.resolve("whole");
    faults.heal();
    trainer().run(backend, faults.path(whole), Existing.REFUSE);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private Trainer trainer() {
    var settings =
        ToyData.settings(Task.NER).set("epochs=2").set("crops=1").set("checkpointSteps=1");
    return Trainer.of(settings, data);
  }

  @TestFactory
  Stream<DynamicTest> goesOnAfterAnyFailure() {
    int operations = faults.operations().size();
    assertTrue(operations > 200, "operations of a training: " + operations);
    return IntStream.range(0, TRIED)
        .mapToObj(
            i -> {
              int n = 1 + i * (operations - 1) / (TRIED - 1);
              var failure = Failure.values()[i % 3];
              boolean andAllAfter = i % 2 == 0;
              var name = (andAllAfter ? "K10 " : "K09 ") + failure + " at operation " + n;
              return DynamicTest.dynamicTest(name, () -> failAt(n, failure, andAllAfter));
            });
  }

  private void failAt(int n, Failure failure, boolean andAllAfter) throws IOException {
    var out = home.resolve("out-" + n);
    faults.failAt(n, failure, andAllAfter);
    var e =
        assertThrows(
            MmibException.class,
            () -> trainer().run(backend, faults.path(out), Existing.REFUSE),
            () -> "not reported: " + faults.operations().get(n - 1));
    var failed = faults.operations().get(n - 1);
    faults.heal();
    assertEquals(failure == Failure.INTERRUPTED, Thread.interrupted(), failed);
    assertTrue(
        EnumSet.of(ErrorCode.IO, ErrorCode.CHECKPOINT_NOT_SAVED, ErrorCode.CANCELLED)
            .contains(e.code()),
        failed + ": " + e.getMessage());
    assertEquals(0, backend.memory().liveBuffers(), "buffers left open, " + failed);
    assertEquals(0, faults.openChannels(), "channels left open, " + failed);

    goOn(out);
    SameTraining.require(whole, out);
  }

  private void goOn(Path out) {
    try {
      trainer().run(backend, out, Existing.RESUME);
    } catch (MmibException e) {
      boolean never =
          e.what().contains("nothing to resume") || e.what().contains("has no checkpoint");
      if (never) {
        trainer().run(backend, out, Existing.OVERWRITE);
      } else {
        // What failed was the lock, which is given back last.
        assertTrue(e.what().contains("is finished"), e.getMessage());
      }
    }
  }
}
