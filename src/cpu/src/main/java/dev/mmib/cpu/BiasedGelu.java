package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;

/** Both GELUs after a bias per column, with their gradients; blocks of rows, in strips. */
final class BiasedGelu {

  /** Columns of a strip, which is worked on in the first-level cache. */
  private static final int STRIP = 1024;

  /** Rows of a block: what a thread takes. A constant, so that sums do not depend on threads. */
  private static final int BLOCK = 32;

  private final Workers workers;

  BiasedGelu(Workers workers) {
    this.workers = workers;
  }

  void forward(Unary f, Buffer x, Buffer bias, Buffer y, int rows, int cols) {
    var from = HostBuffer.floats(x);
    var shifts = HostBuffer.floats(bias);
    var to = HostBuffer.floats(y);
    workers.forEach(
        rows,
        BLOCK,
        (begin, end) -> {
          var tile = new float[Math.min(STRIP, cols)];
          var room = new float[tile.length];
          var shift = new float[tile.length];
          for (int at = 0; at < cols; at += STRIP) {
            int n = Math.min(STRIP, cols - at);
            shifts.get(at, shift, 0, n);
            for (int row = begin; row < end; row++) {
              from.get(row * cols + at, tile, 0, n);
              add(tile, shift, n);
              Gelu.apply(f, tile, room, n);
              to.put(row * cols + at, tile, 0, n);
            }
          }
        });
  }

  void backward(
      Unary f, Buffer x, Buffer bias, Buffer dy, Buffer dx, Buffer dbias, int rows, int cols) {
    var from = HostBuffer.floats(x);
    var shifts = HostBuffer.floats(bias);
    var upstream = HostBuffer.floats(dy);
    var to = HostBuffer.floats(dx);
    var sums = new double[(rows + BLOCK - 1) / BLOCK][cols];
    workers.forEach(
        rows,
        BLOCK,
        (begin, end) -> {
          var tile = new float[Math.min(STRIP, cols)];
          var room = new float[tile.length];
          var more = new float[tile.length];
          var shift = new float[tile.length];
          for (int at = 0; at < cols; at += STRIP) {
            int n = Math.min(STRIP, cols - at);
            var sum = new double[n];
            shifts.get(at, shift, 0, n);
            for (int row = begin; row < end; row++) {
              from.get(row * cols + at, tile, 0, n);
              add(tile, shift, n);
              Gelu.derive(f, tile, room, more, n);
              upstream.get(row * cols + at, more, 0, n);
              multiply(tile, more, n);
              addTo(sum, tile, n);
              to.put(row * cols + at, tile, 0, n);
            }
            System.arraycopy(sum, 0, sums[begin / BLOCK], at, n);
          }
        });
    var total = HostBuffer.floats(dbias);
    for (int c = 0; c < cols; c++) {
      double sum = 0;
      for (var block : sums) {
        sum += block[c];
      }
      total.put(c, (float) sum);
    }
  }

  private static void add(float[] tile, float[] shift, int n) {
    for (int i = 0; i < n; i++) {
      tile[i] += shift[i];
    }
  }

  private static void multiply(float[] tile, float[] factors, int n) {
    for (int i = 0; i < n; i++) {
      tile[i] *= factors[i];
    }
  }

  private static void addTo(double[] sums, float[] tile, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] += tile[i];
    }
  }
}
