package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;

/** Sums down columns, y[o, i] = Σₐ x[o, a, i] with inner > 1, and how they are cut into blocks. */
final class ColumnSums {

  private static final int THREADS = 256;

  /** What grids allow in z. */
  private static final int MOST = 65_535;

  /** Up to here a thread of its own per column beats blocks that fold. */
  private static final int SHORT = 16;

  private final CudaStream stream;
  private final Kernel sumColumns;
  private final Kernel sumShort;

  ColumnSums(CudaStream stream) {
    this.stream = stream;
    sumColumns = stream.kernel("reduction", "sum_columns");
    sumShort = stream.kernel("reduction", "sum_short");
  }

  /**
   * A cut of [axis, inner] into blocks of threads.
   *
   * @param fours whether a thread takes four neighbouring columns, which then are one unit
   * @param width units that lie side by side in a block
   * @param tiles blocks that lie side by side
   * @param chunks parts of the axis
   */
  record Cut(boolean fours, int width, int tiles, int chunks) {

    int threads() {
      return THREADS;
    }

    int sharedBytes() {
      return THREADS * (fours ? 16 : 4);
    }
  }

  /** A cut with enough chunks of the axis to fill the device, none of them very short. */
  Cut cut(int outer, int axis, int inner) {
    boolean fours = inner % 4 == 0;
    int units = fours ? inner / 4 : inner;
    int width = units <= 64 ? units : 32;
    int blocks = parts(units, width) * outer;
    int wanted = Math.min(4 * stream.processors() / blocks, axis / (4 * (THREADS / width)));
    return wanted > 1 ? new Cut(fours, width, parts(units, width), wanted) : uncut(outer, inner);
  }

  /** A cut that leaves the axis whole, and so wants more blocks side by side. */
  private Cut uncut(int outer, int inner) {
    boolean fours = inner % 4 == 0;
    int units = fours ? inner / 4 : inner;
    int width = parts(units, 32) * outer < stream.processors() ? 8 : 32; // 8 · 16 bytes are a line
    return new Cut(fours, Math.min(units, width), parts(units, width), 1);
  }

  private static int parts(int n, int size) {
    return (n + size - 1) / size;
  }

  void sum(Buffer x, Buffer y, int outer, int axis, int inner) {
    if (isShort(outer, axis, inner)) {
      sumShort(x, y, outer, axis, inner);
      return;
    }
    var cut = cut(outer, axis, inner);
    if (cut.chunks() == 1) {
      launch(cut, x, y, outer, axis, inner);
      return;
    }
    try (var sums = stream.scratch(DType.F32, outer * cut.chunks() * inner)) {
      launch(cut, x, sums, outer, axis, inner);
      fold(sums, y, outer, cut.chunks(), inner);
    }
  }

  /** The same sum for what the chunks of a {@link Cut} left: without cutting once more. */
  void fold(Buffer sums, Buffer y, int outer, int chunks, int inner) {
    if (isShort(outer, chunks, inner)) {
      sumShort(sums, y, outer, chunks, inner);
    } else {
      launch(uncut(outer, inner), sums, y, outer, chunks, inner);
    }
  }

  private boolean isShort(int outer, int axis, int inner) {
    return axis <= SHORT || outer > MOST || units(outer, inner) >= 512L * stream.processors();
  }

  private static long units(int outer, int inner) {
    return (long) outer * (inner % 4 == 0 ? inner / 4 : inner);
  }

  private void sumShort(Buffer x, Buffer y, int outer, int axis, int inner) {
    sumShort
        .value(inner % 4 == 0 ? 1 : 0)
        .in(x)
        .out(y)
        .value(outer)
        .value(axis)
        .value(inner)
        .over(4 * units(outer, inner));
  }

  private void launch(Cut cut, Buffer x, Buffer y, int outer, int axis, int inner) {
    sumColumns
        .value(cut.fours() ? 1 : 0)
        .in(x)
        .out(y)
        .value(axis)
        .value(inner)
        .value(cut.width())
        .launch(cut.tiles(), cut.chunks(), outer, cut.threads(), cut.sharedBytes());
  }
}
