package dev.mmib.fuzz;

/** A class that inputs name and that nothing but a pickle run as a program would initialize. */
final class Canary {

  static {
    Cage.opened = true;
  }

  private Canary() {}

  /** What remembers whether it happened, without touching the class. */
  static final class Cage {

    static volatile boolean opened;

    private Cage() {}

    static void requireShut() {
      if (opened) {
        throw new AssertionError("a class that an input named was initialized");
      }
    }
  }
}
