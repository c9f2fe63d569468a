package dev.mmib.backend.host;

import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A thread finds its own object again, and no other's. */
class PerThreadTest {

  private final PerThread<int[]> each = new PerThread<>(() -> new int[1]);

  @Test
  void threadFindsItsOwnAgain() {
    int[] first = each.ofThread(); // held here: softly held ones may go
    assertSame(first, each.ofThread());
  }

  @Test
  void threadsHaveDifferentOnes() {
    int[] here = each.ofThread();
    int[] there =
        CompletableFuture.supplyAsync(each::ofThread, task -> new Thread(task).start()).join();
    assertNotSame(here, there);
  }
}
