package dev.mmib.cpu;

import dev.mmib.backend.DType;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The left factor [rows, in] of a product, rounded to fewer bits.
 *
 * <p>It is kept with its numbers while they do not change: queries, keys and values are made of the
 * same rows. Bytes have a scale for each row, whose largest number is 127.
 */
final class ReducedRows implements OffHeapBuffer.Derived {

  /** Rows that are worth a thread. */
  private static final int CHUNK = 64;

  private static final int LARGEST_BYTE = 127;

  private final OffHeapBuffer of;
  private final long changes;
  private final int rows;
  private final int in;
  private final OffHeapBuffer rounded;
  private final @Nullable OffHeapBuffer scales;

  private ReducedRows(
      OffHeapBuffer of, int rows, int in, OffHeapBuffer rounded, @Nullable OffHeapBuffer scales) {
    this.of = of;
    this.changes = of.changes();
    this.rows = rows;
    this.in = in;
    this.rounded = rounded;
    this.scales = scales;
  }

  /** Rounds {@code x} [rows, in], by all threads. */
  static ReducedRows of(OffHeapBuffer x, int rows, int in, ReducedPrimitives primitives) {
    OffHeapMemory memory = primitives.memory();
    long bytes = (long) rows * in * primitives.bytes();
    var rounded = memory.allocate(DType.F32, Math.toIntExact((bytes + 3) / 4));
    OffHeapBuffer scales = null;
    try {
      scales = primitives.hasScales() ? memory.allocate(DType.F32, rows) : null;
      round(x, rows, in, rounded, scales, primitives);
      return new ReducedRows(x, rows, in, rounded, scales);
    } catch (RuntimeException | Error e) {
      rounded.close();
      if (scales != null) {
        scales.close();
      }
      throw e;
    }
  }

  private static void round(
      OffHeapBuffer x,
      int rows,
      int in,
      OffHeapBuffer rounded,
      @Nullable OffHeapBuffer scales,
      ReducedPrimitives primitives) {
    long from = x.reading().address();
    long to = rounded.reading().address();
    IntBuffer bits = x.reading().asByteBuffer().order(ByteOrder.nativeOrder()).asIntBuffer();
    FloatBuffer scale = scales == null ? null : scales.floats();
    primitives
        .oneDnn()
        .forEach(
            (rows + CHUNK - 1) / CHUNK,
            chunk -> {
              int begin = chunk * CHUNK;
              int end = Math.min(rows, begin + CHUNK);
              if (scale != null) {
                scale(bits, in, begin, end, scale);
              }
              Pieces.forEach(
                  begin,
                  end,
                  (row, count) -> {
                    long at = (long) row * in;
                    var primitive = primitives.rows(count, in);
                    if (scales == null) {
                      primitive.run(from + 4 * at, to + 2 * at);
                    } else {
                      long first = scales.reading().address() + 4L * row;
                      primitive.run(from + 4 * at, to + at, first);
                    }
                  });
            });
  }

  private static void scale(IntBuffer bits, int in, int from, int to, FloatBuffer scales) {
    var row = new int[in];
    for (int r = from; r < to; r++) {
      bits.get(r * in, row);
      scales.put(r, scale(row));
    }
  }

  /**
   * The largest number's 127th part, or 1 if all are zero.
   *
   * @param bits of floats; absolute values compare as their bits do
   */
  static float scale(int[] bits) {
    int quarter = bits.length / 4;
    int largest = 0;
    for (int i = 4 * quarter; i < bits.length; i++) {
      largest = Math.max(largest, bits[i] & Integer.MAX_VALUE);
    }
    for (int i = 0; i < quarter; i++) { // the JIT makes vector instructions of this
      bits[i] =
          Math.max(
              Math.max(bits[i] & Integer.MAX_VALUE, bits[i + quarter] & Integer.MAX_VALUE),
              Math.max(
                  bits[i + 2 * quarter] & Integer.MAX_VALUE,
                  bits[i + 3 * quarter] & Integer.MAX_VALUE));
    }
    for (int i = 0; i < quarter; i++) {
      largest = Math.max(largest, bits[i]);
    }
    return largest == 0 ? 1 : Float.intBitsToFloat(largest) / LARGEST_BYTE;
  }

  boolean are(int number, int inputs) {
    return rows == number && in == inputs;
  }

  /** Where a row's rounded numbers begin. */
  long row(int number, int bytesOfOne) {
    return rounded.reading().address() + (long) number * in * bytesOfOne;
  }

  /** The scales of the rows; throws where rounded numbers have none. */
  FloatBuffer scales() {
    return Objects.requireNonNull(scales).floats();
  }

  /** Frees all but the scales, if there are such, which are the caller's from now on. */
  @Nullable OffHeapBuffer closeButScales() {
    rounded.close();
    return scales;
  }

  @Override
  public boolean isCurrent() {
    return of.changes() == changes;
  }

  @Override
  public void close() {
    rounded.close();
    if (scales != null) {
      scales.close();
    }
  }
}
