package dev.mmib.backend.host;

import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** A function of one number after a bias per column, with its gradients; a strip a thread. */
final class HostBiasedUnary {

  /** Columns of a strip: narrow, so that few rows keep several threads busy too. */
  private static final int STRIP = 256;

  private final Workers workers;

  HostBiasedUnary(Workers workers) {
    this.workers = workers;
  }

  void forward(Unary f, FloatBuffer x, FloatBuffer bias, FloatBuffer y, int rows, int cols) {
    workers.forEach(
        cols,
        STRIP,
        (begin, end) -> {
          int n = end - begin;
          var shift = Scratch.floats(0, STRIP);
          var tile = Scratch.floats(1, STRIP);
          bias.get(begin, shift, 0, n);
          for (int row = 0; row < rows; row++) {
            x.get(row * cols + begin, tile, 0, n);
            add(tile, shift, n);
            UnaryFunctions.apply(f, tile, n);
            y.put(row * cols + begin, tile, 0, n);
          }
        });
  }

  void backward(
      Unary f,
      FloatBuffer x,
      FloatBuffer bias,
      FloatBuffer dy,
      FloatBuffer dx,
      FloatBuffer dbias,
      int rows,
      int cols) {
    workers.forEach(
        cols,
        STRIP,
        (begin, end) -> {
          int n = end - begin;
          var shift = Scratch.floats(0, STRIP);
          var tile = Scratch.floats(1, STRIP);
          var more = Scratch.floats(2, STRIP);
          var sums = Scratch.doubles(0, STRIP);
          Arrays.fill(sums, 0, n, 0);
          bias.get(begin, shift, 0, n);
          for (int row = 0; row < rows; row++) {
            x.get(row * cols + begin, tile, 0, n);
            add(tile, shift, n);
            System.arraycopy(tile, 0, more, 0, n);
            UnaryFunctions.apply(f, more, n);
            UnaryFunctions.derivative(f, tile, more, n);
            dy.get(row * cols + begin, more, 0, n);
            for (int i = 0; i < n; i++) {
              tile[i] *= more[i];
              sums[i] += tile[i];
            }
            dx.put(row * cols + begin, tile, 0, n);
          }
          for (int i = 0; i < n; i++) {
            dbias.put(begin + i, (float) sums[i]);
          }
        });
  }

  private static void add(float[] tile, float[] shift, int n) {
    for (int i = 0; i < n; i++) {
      tile[i] += shift[i];
    }
  }
}
