package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpenedTest {

  private final List<String> closed = new ArrayList<>();

  private void fail(String name) {
    closed.add(name);
    throw new IllegalStateException(name);
  }

  @Test
  void closesTheLastFirstAndOnlyOnce() {
    var opened = new Opened();
    assertEquals("a", opened.add("a", closed::add));
    opened.add("b", closed::add);
    opened.close();
    opened.close();
    assertEquals(List.of("b", "a"), closed);
  }

  @Test
  void closesAllAndTellsOfAllThatFail() {
    var opened = new Opened();
    opened.add("a", this::fail);
    opened.add("b", closed::add);
    opened.add("c", this::fail);
    var e = assertThrows(IllegalStateException.class, opened::close);
    assertEquals(List.of("c", "b", "a"), closed);
    assertEquals("c", e.getMessage());
    assertEquals("a", e.getSuppressed()[0].getMessage());
  }

  @Test
  void leavesWhatIsKeptToItsKeeper() {
    Opened kept;
    try (var opening = new Opened()) {
      opening.add("a", closed::add);
      opening.add("b", closed::add);
      kept = opening.keep();
    }
    assertEquals(List.of(), closed);
    kept.close();
    assertEquals(List.of("b", "a"), closed);
  }

  @Test
  void hidesNoFailureThatKeepsItFromBeingKept() {
    var planted = new ArithmeticException("planted");
    var e = assertThrows(ArithmeticException.class, () -> open(planted));
    assertSame(planted, e);
    assertEquals(List.of("a"), closed);
    assertEquals("a", e.getSuppressed()[0].getMessage());
  }

  private void open(RuntimeException failure) {
    try (var opening = new Opened()) {
      opening.add("a", this::fail);
      throw failure;
    }
  }
}
