package dev.mmib.nd4j;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.host.HostBuffer;
import java.nio.FloatBuffer;

/** A bias, with which the sums of a product begin. */
final class RowSums {

  private final float[] bias;

  /** Of a bias [n]. */
  RowSums(Buffer bias, int n) {
    this.bias = new float[n];
    HostBuffer.floats(bias).get(0, this.bias);
  }

  /** Writes it into a part of {@code y} [rows, n], which begins at {@code start}. */
  void put(FloatBuffer y, int start, int top, int bottom, int left, int right) {
    for (int row = top; row < bottom; row++) {
      y.put(start + row * bias.length + left, bias, left, right - left);
    }
  }
}
