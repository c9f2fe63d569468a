package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What follows the product of a linear layer, in place and block by block, while it is in the
 * caches: {@code y = f(scale of the row · y + bias)}, all three if they are there.
 */
final class LayerTail {

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
   * @param f one that {@link #knows}, or null
   */
  LayerTail(
      Buffer y, int out, @Nullable FloatBuffer scales, @Nullable Buffer bias, @Nullable Unary f) {
    this.y = HostBuffer.floats(y);
    this.out = out;
    this.scales = scales;
    this.bias = bias == null ? null : HostBuffer.floats(bias);
    this.f = f;
  }

  static boolean knows(Unary f) {
    return f == Unary.GELU || f == Unary.GELU_TANH;
  }

  /** Rows {@code [from, to)} of {@code columns} columns from {@code first} on. */
  void apply(int from, int to, int first, int columns) {
    var row = new float[columns];
    var shift = new float[columns];
    var room = new float[columns];
    if (bias != null) {
      bias.get(first, shift);
    }
    for (int r = from; r < to; r++) {
      y.get(r * out + first, row);
      float scale = scales == null ? 1 : scales.get(r);
      for (int i = 0; i < columns; i++) {
        row[i] = row[i] * scale + shift[i];
      }
      if (f != null) {
        Gelu.apply(f, row, room, columns);
      }
      y.put(r * out + first, row);
    }
  }
}
