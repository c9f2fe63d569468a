package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.List;
import java.util.Locale;

/** A part of a data set: for learning, for choosing, for the score. */
public enum Split {
  TRAIN("train"),
  DEV("dev", "valid", "val"),
  TEST("test");

  private final List<String> names;

  Split(String... names) {
    this.names = List.of(names);
  }

  /** The names of its file, without the extension. */
  public List<String> names() {
    return names;
  }

  /** The split that users call {@code train}, {@code dev}, {@code valid}, {@code val}, … */
  public static Split named(String name) {
    for (Split split : values()) {
      if (split.names.contains(name.toLowerCase(Locale.ROOT))) {
        return split;
      }
    }
    throw MmibException.of(
        ErrorCode.USAGE,
        "there is no split " + MmibException.quote(name),
        "Splits are train, dev (also valid, val) and test.");
  }

  @Override
  public String toString() {
    return names.get(0);
  }
}
