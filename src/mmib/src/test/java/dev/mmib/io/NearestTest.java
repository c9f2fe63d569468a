package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NearestTest {

  @Test
  void givesTheNearestFirstAndEqualOnesByName() {
    var known = List.of("epochs", "epoch", "seed", "epocs", "batchSize");
    assertEquals(List.of("epochs", "epoch", "epocs"), Nearest.to("epochs", known));
    assertEquals(List.of(), Nearest.to("zzzzzzzz", known));
    assertEquals("There is no name like it among 5.", Nearest.hint("zzzzzzzz", known));
  }

  @Test
  void findsTheSameAmongManyNames() {
    var random = new Random(1);
    var many = new ArrayList<String>();
    for (int i = 0; i < 20_000; i++) {
      var name = new StringBuilder();
      for (int c = 0; c < 12; c++) {
        name.append((char) ('a' + random.nextInt(26)));
      }
      many.add(name.toString());
    }
    for (int i = 0; i < 5; i++) {
      var meant = many.get(i * 4000 + 7);
      var typed = meant.substring(0, 4) + "z" + meant.substring(6);
      assertEquals(meant, Nearest.to(typed, many).get(0));
    }
  }

  @Test
  void comparesOnlyTheBeginningOfLongNames() {
    var known = List.of("x".repeat(1 << 20), "y".repeat(1 << 20));
    assertTrue(Nearest.to("x".repeat(150), known).get(0).startsWith("x"));
  }
}
