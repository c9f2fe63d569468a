package dev.mmib.backend.host;

import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.Dropout;
import java.nio.FloatBuffer;

/** A sublayer's output added to its input, parts of it dropped. */
final class HostResidualSum {

  private final Workers workers;

  HostResidualSum(Workers workers) {
    this.workers = workers;
  }

  /** {@code sum = residual + dropout(x)}. */
  void forward(Dropout dropout, FloatBuffer x, FloatBuffer residual, FloatBuffer sum, int length) {
    workers.forEach(
        length,
        Tiles.CHUNK,
        (begin, end) -> {
          var tile = new float[Tiles.TILE];
          var more = new float[Tiles.TILE];
          for (int at = begin; at < end; at += Tiles.TILE) {
            int n = Tiles.length(at, end);
            x.get(at, tile, 0, n);
            drop(dropout, at, tile, more, n);
            residual.get(at, more, 0, n);
            for (int i = 0; i < n; i++) {
              more[i] += tile[i];
            }
            sum.put(at, more, 0, n);
          }
        });
  }

  /** {@code dx = dropout(dsum)}. */
  void backward(Dropout dropout, FloatBuffer dsum, FloatBuffer dx, int length) {
    workers.forEach(
        length,
        Tiles.CHUNK,
        (begin, end) -> {
          var tile = new float[Tiles.TILE];
          var factors = new float[Tiles.TILE];
          for (int at = begin; at < end; at += Tiles.TILE) {
            int n = Tiles.length(at, end);
            dsum.get(at, tile, 0, n);
            drop(dropout, at, tile, factors, n);
            dx.put(at, tile, 0, n);
          }
        });
  }

  private static void drop(Dropout dropout, int at, float[] tile, float[] factors, int n) {
    if (dropout.isNone()) {
      return;
    }
    new DropoutMask(dropout).fill(at, factors, n);
    for (int i = 0; i < n; i++) {
      tile[i] *= factors[i];
    }
  }
}
