package dev.mmib.text;

import java.util.Arrays;

/** A growing run of UTF-16 code units. */
final class CodeUnits {

  private char[] units;
  private int length;

  CodeUnits(int capacity) {
    this.units = new char[capacity];
  }

  /** The array itself; what lies beyond {@link #length} is of no meaning. */
  char[] units() {
    return units;
  }

  int length() {
    return length;
  }

  void add(char unit) {
    if (length == units.length) {
      units = Arrays.copyOf(units, 2 * length + 16);
    }
    units[length++] = unit;
  }

  void addCodePoint(int c) {
    if (c < Character.MIN_SUPPLEMENTARY_CODE_POINT) {
      add((char) c);
    } else {
      add(Character.highSurrogate(c));
      add(Character.lowSurrogate(c));
    }
  }

  @Override
  public String toString() {
    return new String(units, 0, length);
  }
}
