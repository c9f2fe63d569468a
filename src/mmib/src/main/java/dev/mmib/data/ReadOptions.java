package dev.mmib.data;

/**
 * How a data file is read.
 *
 * @param lenient skips and counts rows that cannot be used; strict refuses the file for one
 * @param limit reads only so many rows, the first
 */
public record ReadOptions(boolean lenient, int limit) {

  public ReadOptions {
    if (limit < 1) {
      throw new IllegalArgumentException("read: a limit of " + limit + " rows vs at least 1");
    }
  }

  /** All rows; a bad one refuses the file. */
  public static ReadOptions strict() {
    return new ReadOptions(false, Integer.MAX_VALUE);
  }

  /** All rows; bad ones are skipped and counted. */
  public static ReadOptions skipping() {
    return new ReadOptions(true, Integer.MAX_VALUE);
  }

  public ReadOptions withLimit(int rows) {
    return new ReadOptions(lenient, rows);
  }
}
