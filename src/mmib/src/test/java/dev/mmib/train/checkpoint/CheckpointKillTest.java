package dev.mmib.train.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.fault.Child;
import dev.mmib.io.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** K08: a process that saves step after step is killed at random moments. */
class CheckpointKillTest {

  private static final int BYTES = 200_000;
  private static final int LONGEST_WAIT = 120;

  /** Saves for ever, from the step after the newest one on. */
  public static final class Saving {
    private Saving() {}

    /** Prints {@code saved N} when a step is on the disk. */
    public static void main(String[] arguments) {
      var store = SavedSteps.store(Path.of(arguments[0]));
      long step = store.newest().map(Checkpoint::step).orElse(0L);
      while (true) {
        SavedSteps.save(store, ++step, BYTES);
        System.out.println("saved " + step);
      }
    }
  }

  @TempDir Path parent;

  @ParameterizedTest
  @ValueSource(ints = 50)
  void losesNothing(int kills) throws Exception {
    int within = killed(kills);
    // What a kill leaves shows where it hit: nearly all of a child's life is saving.
    assertTrue(within > kills / 10, within + " of " + kills + " kills hit a save");
  }

  @ParameterizedTest
  @ValueSource(ints = 200)
  @Tag("slow")
  void losesNothingOverAndOver(int kills) throws Exception {
    losesNothing(kills);
  }

  private int killed(int kills) throws Exception {
    var random = new Random(4);
    long reported = 0;
    int within = 0;
    for (int i = 0; i < kills; i++) {
      try (var child = Child.start(Saving.class, parent.toString())) {
        // Now and then within its start, when it reads and removes what was left.
        boolean early = random.nextInt(10) == 0;
        if (!early) {
          assertNotNull(child.await("saved "), () -> "child failed: " + child.lines());
        }
        assertTrue(
            child.runsAfter(random.nextInt(early ? 5 * LONGEST_WAIT : LONGEST_WAIT)),
            () -> "child failed: " + child.lines());
        child.kill();
        for (var line : child.lines()) {
          assertTrue(line.startsWith("saved "), line);
          reported = Long.parseLong(line.substring("saved ".length()));
        }
      }
      within += hasLeftover() ? 1 : 0;
      var newest = SavedSteps.store(parent).newest();
      long step = newest.map(Checkpoint::step).orElse(0L);
      assertTrue(step >= reported, "kill " + i + ": step " + step + " vs reported " + reported);
      assertTrue(step <= reported + 1, "kill " + i + ": step " + step + " vs " + reported);
      if (newest.isPresent()) {
        SavedSteps.requireRight(newest.get(), step, BYTES);
      }
      reported = step;
    }
    assertEquals(reported, SavedSteps.store(parent).newest().orElseThrow().step());
    return within;
  }

  private boolean hasLeftover() throws IOException {
    var directory = SavedSteps.directory(parent);
    return Files.exists(directory)
        && FileTree.entries(directory).stream()
            .anyMatch(entry -> entry.getFileName().toString().contains("tmp"));
  }
}
