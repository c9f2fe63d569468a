package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Child;
import dev.mmib.io.FileTree;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * K08: a training that is killed again and again, and resumed each time, ends as one that was never
 * killed, bit for bit.
 */
class TrainingKillTest {

  private static final int STEPS = 30;

  /** A life lasts up to so many steps beyond its first. */
  private static final int LONGEST_LIFE = 5;

  /** A training that saves after every step; goes on where an earlier one was killed. */
  public static final class Life {
    private Life() {}

    public static void main(String[] arguments) throws IOException {
      var out = Path.of(arguments[1]);
      var existing = hasCheckpoint(out) ? Existing.RESUME : Existing.OVERWRITE;
      var listener =
          new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
              System.out.println("step " + report.step());
            }
          };
      try (var backend = new JavaBackend(1)) {
        var trainer = Trainer.of(settings(), Path.of(arguments[0])).listener(listener);
        System.out.println("done " + trainer.run(backend, out, existing).test());
      } catch (MmibException e) {
        // It was killed between its last deed and its last word.
        System.out.println(
            (e.what().contains("is finished") ? "done, " : "failed: ") + e.getMessage());
      }
    }

    private static boolean hasCheckpoint(Path out) throws IOException {
      var directory = out.resolve("checkpoints");
      return Files.exists(directory)
          && FileTree.entries(directory).stream()
              .anyMatch(entry -> entry.getFileName().toString().matches("ckpt-[0-9.]+"));
    }
  }

  private static Settings settings() {
    return ToyData.settings(Task.NER)
        .set("epochs=3")
        .set("batchSize=4")
        .set("crops=1")
        .set("checkpointSteps=1");
  }

  @TempDir Path home;

  private final Random random = new Random(8);
  private Path data;
  private Path whole;
  private long beforeFirstStep;
  private long ofAStep;

  @BeforeEach
  void trainWithoutBeingKilled() throws Exception {
    data = ToyData.ner(home.resolve("data"), 40, 8);
    whole = home.resolve("whole");
    long start = System.nanoTime();
    try (var child = Child.start(Life.class, data.toString(), whole.toString())) {
      child.await("step 1");
      long first = System.nanoTime();
      child.await("step " + STEPS);
      ofAStep = Math.max(1, (System.nanoTime() - first) / 1_000_000 / (STEPS - 1));
      beforeFirstStep = Math.max(1, (first - start) / 1_000_000);
      child.join();
      assertTrue(isDone(child), () -> child.lines().toString());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = 12)
  void endsAsIfItWasNeverKilled(int kills) throws Exception {
    int killed = 0;
    for (int round = 1; killed < kills; round++) {
      var out = home.resolve("out-" + round);
      while (!live(out)) {
        killed++;
      }
      SameTraining.require(whole, out);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = 200)
  @Tag("slow")
  void endsAsIfItWasNeverKilledOverAndOver(int kills) throws Exception {
    endsAsIfItWasNeverKilled(kills);
  }

  /** One life: whether it came to the end before it was killed. */
  private boolean live(Path out) throws Exception {
    try (var child = Child.start(Life.class, data.toString(), out.toString())) {
      // Now and then it dies while it starts or reads what was saved.
      if (random.nextInt(6) == 0) {
        child.runsAfter(random.nextLong(beforeFirstStep));
      } else {
        child.await("step ");
        child.runsAfter(random.nextLong(LONGEST_LIFE * ofAStep));
      }
      child.kill();
      for (var line : child.lines()) {
        assertTrue(!line.startsWith("failed") && !line.contains("Exception"), line);
      }
      return isDone(child);
    }
  }

  private static boolean isDone(Child child) {
    assertEquals(0, child.lines().stream().filter(line -> line.startsWith("failed")).count());
    return child.lines().stream().anyMatch(line -> line.startsWith("done"));
  }
}
