package dev.mmib.backend.host;

import static dev.mmib.backend.host.HostBuffer.floats;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.Dropout;

/** A sublayer's output added to its input, parts of it dropped. */
public final class HostResidualSum {

  private final Workers workers;

  public HostResidualSum(Workers workers) {
    this.workers = workers;
  }

  /** {@code sum = residual + dropout(x)}. */
  public void forward(Dropout dropout, Buffer x, Buffer residual, Buffer sum) {
    var outputs = floats(x);
    var inputs = floats(residual);
    var to = floats(sum);
    workers.forEach(
        sum.length(),
        Tiles.CHUNK,
        (begin, end) -> {
          var tile = new float[Tiles.TILE];
          var more = new float[Tiles.TILE];
          for (int at = begin; at < end; at += Tiles.TILE) {
            int n = Tiles.length(at, end);
            outputs.get(at, tile, 0, n);
            drop(dropout, at, tile, more, n);
            inputs.get(at, more, 0, n);
            for (int i = 0; i < n; i++) {
              more[i] += tile[i];
            }
            to.put(at, more, 0, n);
          }
        });
  }

  /** {@code dx = dropout(dsum)}; nothing is to do where both are one buffer. */
  public void backward(Dropout dropout, Buffer dsum, Buffer dx) {
    if (dropout.isNone() && dx == dsum) {
      return;
    }
    var from = floats(dsum);
    var to = floats(dx);
    workers.forEach(
        dx.length(),
        Tiles.CHUNK,
        (begin, end) -> {
          var tile = new float[Tiles.TILE];
          var factors = new float[Tiles.TILE];
          for (int at = begin; at < end; at += Tiles.TILE) {
            int n = Tiles.length(at, end);
            from.get(at, tile, 0, n);
            drop(dropout, at, tile, factors, n);
            to.put(at, tile, 0, n);
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
