package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.host.Scratch;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What follows the product of a linear layer, in place and block by block, while it is in the
 * caches: {@code y = f(scale of the row · y + bias)}, all three if they are there.
 */
public final class LayerTail {

  /** Floats that GELU is applied to at a time: loops of the JIT are slow at their ends. */
  private static final int TILE = 2048;

  private final FloatBuffer y;
  private final int out;
  private final @Nullable FloatBuffer scales;
  private final @Nullable FloatBuffer bias;
  private final @Nullable Unary f;

  /**
   * For results {@code y} [rows, out].
   *
   * @param scales [rows] or null
   * @param bias [out] or null
   * @param f one of {@link Gelu}, or null
   */
  public LayerTail(
      Buffer y, int out, @Nullable FloatBuffer scales, @Nullable Buffer bias, @Nullable Unary f) {
    this.y = HostBuffer.floats(y);
    this.out = out;
    this.scales = scales;
    this.bias = bias == null ? null : HostBuffer.floats(bias);
    this.f = f;
  }

  /** Rows {@code [from, to)} of {@code columns} columns from {@code first} on. */
  public void apply(int from, int to, int first, int columns) {
    int most = Math.min(to - from, Math.max(1, TILE / columns));
    var tile = Scratch.floats(0, most * columns);
    var room = Scratch.floats(1, most * columns);
    var shifts = Scratch.floats(2, most * columns);
    for (int r = 0; bias != null && r < most; r++) {
      bias.get(first, shifts, r * columns, columns);
    }
    for (int begin = from; begin < to; begin += most) {
      int rows = Math.min(most, to - begin);
      for (int r = 0; r < rows; r++) {
        y.get((begin + r) * out + first, tile, r * columns, columns);
        if (scales != null) {
          scale(tile, r * columns, scales.get(begin + r), columns);
        }
      }
      if (bias != null) {
        add(tile, shifts, rows * columns);
      }
      if (f != null) {
        Gelu.apply(f, tile, room, rows * columns);
      }
      for (int r = 0; r < rows; r++) {
        y.put((begin + r) * out + first, tile, r * columns, columns);
      }
    }
  }

  private static void scale(float[] tile, int at, float scale, int n) {
    for (int i = at; i < at + n; i++) {
      tile[i] *= scale;
    }
  }

  /** With one index for both: the JIT makes no vectors of two that might overlap. */
  private static void add(float[] tile, float[] shifts, int n) {
    for (int i = 0; i < n; i++) {
      tile[i] += shifts[i];
    }
  }
}
