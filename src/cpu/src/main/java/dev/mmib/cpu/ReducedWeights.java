package dev.mmib.cpu;

import dev.mmib.backend.DType;
import org.jspecify.annotations.Nullable;

/**
 * Weights [out, in] rounded to fewer bits, in tiles of some outputs, each in the order that
 * oneDNN's product wants.
 *
 * <p>Bytes have a scale for each output: its largest weight is 127.
 */
final class ReducedWeights implements OffHeapBuffer.Derived {

  private final OffHeapBuffer of;
  private final long changes;
  private final int out;
  private final int in;
  private final OffHeapBuffer tiles;
  private final long tileBytes;
  private final @Nullable OffHeapBuffer scales;

  private ReducedWeights(
      OffHeapBuffer of,
      int out,
      int in,
      OffHeapBuffer tiles,
      long tileBytes,
      @Nullable OffHeapBuffer scales) {
    this.of = of;
    this.changes = of.changes();
    this.out = out;
    this.in = in;
    this.tiles = tiles;
    this.tileBytes = tileBytes;
    this.scales = scales;
  }

  /** Rounds {@code w}. */
  static ReducedWeights of(OffHeapBuffer w, int out, int in, ReducedPrimitives primitives) {
    int width = primitives.columns(out);
    int count = (out + width - 1) / width;
    long tileBytes = primitives.tileBytes(width, in);
    ReducedRows rows = ReducedRows.of(w, out, in, primitives);
    OffHeapBuffer tiles = null;
    try {
      tiles = primitives.memory().allocate(DType.F32, Math.toIntExact((tileBytes * count + 3) / 4));
      long to = tiles.reading().address();
      primitives
          .oneDnn()
          .forEach(
              count,
              t -> {
                int first = t * width;
                primitives
                    .tile(Math.min(width, out - first), in)
                    .run(rows.row(first, primitives.bytes()), to + t * tileBytes);
              });
      return new ReducedWeights(w, out, in, tiles, tileBytes, rows.closeButScales());
    } catch (RuntimeException | Error e) {
      rows.close();
      if (tiles != null) {
        tiles.close();
      }
      throw e;
    }
  }

  boolean are(int outputs, int inputs) {
    return out == outputs && in == inputs;
  }

  /** Where a tile begins. */
  long tile(int number) {
    return tiles.reading().address() + number * tileBytes;
  }

  /** Where the scales of the outputs from {@code output} on lie. */
  long scales(int output) {
    return scales == null ? 0 : scales.reading().address() + 4L * output;
  }

  @Override
  public boolean isCurrent() {
    return of.changes() == changes;
  }

  @Override
  public void close() {
    tiles.close();
    if (scales != null) {
      scales.close();
    }
  }
}
