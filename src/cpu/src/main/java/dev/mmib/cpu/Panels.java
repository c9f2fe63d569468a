package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;

/**
 * Weights [out, in] as panels of some outputs, each [in, its outputs].
 *
 * <p>A product reads a panel from its first number to its last, as often as it has blocks of rows,
 * and neither turns nor copies it. Panels take as much memory as plain weights.
 *
 * <p>Few rows want narrow panels, which come from memory in one stream; many rows want wide ones,
 * of which each block of rows makes more. Results are equal to the last bit. Panels that did not
 * suit several products one after another are to be laid out again.
 */
public final class Panels implements OffHeapBuffer.Layout {

  /** Columns of oneDNN's AVX-512 kernel; it packs none of them, if there are no more. */
  static final int NARROW = 48;

  static final int WIDE = 8 * NARROW;

  /** Rows for which narrow panels are the faster ones: measured. */
  private static final int FEW_ROWS = 32;

  /** Products, one after another, that would have been faster otherwise. */
  private static final int PATIENCE = 8;

  /** Inputs that are turned at a time: a tile of a panel fits into the second-level cache. */
  private static final int TILE = 64;

  private final int out;
  private final int in;
  private final int widest;
  private final Workers workers;
  private int unsuited;

  private Panels(int out, int in, int widest, Workers workers) {
    this.out = out;
    this.in = in;
    this.widest = widest;
    this.workers = workers;
  }

  /** Lays {@code w} out in panels that suit products of so many rows, unless it lies in such. */
  static Panels forRows(Buffer w, int rows, int out, int in, Workers workers) {
    if (OffHeapBuffer.of(w).layout() instanceof Panels here
        && here.are(out, in)
        && here.suit(rows)) {
      return here;
    }
    return arranged(w, new Panels(out, in, widthFor(rows), workers));
  }

  /** Lays {@code w} [out, in] out in panels of {@code width} outputs, unless it lies so already. */
  public static Panels ofWidth(Buffer w, int out, int in, int width, Workers workers) {
    if (OffHeapBuffer.of(w).layout() instanceof Panels here
        && here.are(out, in)
        && here.widest == width) {
      return here;
    }
    return arranged(w, new Panels(out, in, width, workers));
  }

  private static Panels arranged(Buffer w, Panels panels) {
    OffHeapBuffer weights = OffHeapBuffer.of(w);
    weights.reading(); // in plain order, whatever it was
    weights.layOut(panels, panels::arrange);
    return panels;
  }

  /** Where {@code w} lies, which must lie in these panels. */
  public BytePointer memory(Buffer w) {
    OffHeapBuffer weights = OffHeapBuffer.of(w);
    if (weights.layout() != this) { // opening the other buffers of a product has restored it
      throw new IllegalArgumentException(
          "linear: the weights are also x, bias or y vs a buffer of their own");
    }
    return weights.laidOut();
  }

  private static int widthFor(int rows) {
    return rows <= FEW_ROWS ? NARROW : WIDE;
  }

  /** Whether a product of so many rows should be content with these panels. */
  boolean suit(int rows) {
    unsuited = widthFor(rows) == widest ? 0 : unsuited + 1;
    return unsuited < PATIENCE;
  }

  boolean are(int outputs, int inputs) {
    return out == outputs && in == inputs;
  }

  /** All outputs. */
  public int out() {
    return out;
  }

  /** Inputs of every output. */
  public int in() {
    return in;
  }

  /** How many panels there are. */
  public int count() {
    return (out + widest - 1) / widest;
  }

  /** Outputs of a panel, but of the last one, which may have fewer. */
  int widest() {
    return widest;
  }

  /** Outputs of a panel. */
  public int width(int panel) {
    return Math.min(widest, out - panel * widest);
  }

  /** Where a panel begins, in floats. */
  public long start(int panel) {
    return (long) panel * widest * in;
  }

  @Override
  public long bytes(int length) {
    return 4L * length;
  }

  private static FloatBuffer floats(BytePointer pointer) {
    return pointer.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  /** Copies plain weights to panels. */
  void arrange(BytePointer plain, BytePointer panels) {
    FloatBuffer from = floats(plain);
    FloatBuffer to = floats(panels);
    forEachTile(
        (panel, begin, count, tile, row) -> {
          int width = width(panel);
          for (int o = 0; o < width; o++) {
            from.get((panel * widest + o) * in + begin, row, 0, count);
            for (int i = 0; i < count; i++) {
              tile[i * width + o] = row[i];
            }
          }
          to.put((int) start(panel) + begin * width, tile, 0, count * width);
        });
  }

  @Override
  public void restore(BytePointer panels, BytePointer plain) {
    FloatBuffer from = floats(panels);
    FloatBuffer to = floats(plain);
    forEachTile(
        (panel, begin, count, tile, row) -> {
          int width = width(panel);
          from.get((int) start(panel) + begin * width, tile, 0, count * width);
          for (int o = 0; o < width; o++) {
            for (int i = 0; i < count; i++) {
              row[i] = tile[i * width + o];
            }
            to.put((panel * widest + o) * in + begin, row, 0, count);
          }
        });
  }

  @Override
  public boolean read(BytePointer panels, int at, float[] to, int offset, int count) {
    FloatBuffer from = floats(panels);
    int output = at / in;
    int input = at % in;
    for (int i = 0; i < count; i++) {
      int panel = output / widest;
      int place = (int) start(panel) + input * width(panel) + output - panel * widest;
      to[offset + i] = from.get(place);
      if (++input == in) {
        input = 0;
        output++;
      }
    }
    return true;
  }

  /** The inputs {@code [begin, begin+count)} of one panel, and room for them. */
  private interface Tile {
    void turn(int panel, int begin, int count, float[] tile, float[] row);
  }

  private void forEachTile(Tile work) {
    int perPanel = (in + TILE - 1) / TILE;
    workers.forEach(
        count() * perPanel,
        4,
        (from, to) -> {
          var tile = new float[widest * TILE];
          var row = new float[TILE];
          for (int t = from; t < to; t++) {
            int begin = t % perPanel * TILE;
            work.turn(t / perPanel, begin, Math.min(TILE, in - begin), tile, row);
          }
        });
  }
}
