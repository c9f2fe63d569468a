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
    workers.forEach(sum.length(), Tiles.CHUNK, forwardPart(dropout, x, residual, sum));
  }

  /** What {@link #forward} does to some of the elements. */
  public static Workers.Range forwardPart(Dropout dropout, Buffer x, Buffer residual, Buffer sum) {
    var outputs = floats(x);
    var inputs = floats(residual);
    var to = floats(sum);
    return (begin, end) -> {
      var tile = Scratch.floats(0, Tiles.TILE);
      var more = Scratch.floats(1, Tiles.TILE);
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
    };
  }

  /** {@code dx = dropout(dsum)}. */
  public void backward(Dropout dropout, Buffer dsum, Buffer dx) {
    workers.forEach(dx.length(), Tiles.CHUNK, backwardPart(dropout, dsum, dx));
  }

  /** What {@link #backward} does to some of the elements: nothing where both are one buffer. */
  public static Workers.Range backwardPart(Dropout dropout, Buffer dsum, Buffer dx) {
    if (dropout.isNone() && dx == dsum) {
      return (begin, end) -> {};
    }
    var from = floats(dsum);
    var to = floats(dx);
    return (begin, end) -> {
      var tile = Scratch.floats(0, Tiles.TILE);
      var factors = Scratch.floats(1, Tiles.TILE);
      for (int at = begin; at < end; at += Tiles.TILE) {
        int n = Tiles.length(at, end);
        from.get(at, tile, 0, n);
        drop(dropout, at, tile, factors, n);
        to.put(at, tile, 0, n);
      }
    };
  }

  private static void drop(Dropout dropout, int at, float[] tile, float[] factors, int n) {
    if (dropout.isNone()) {
      return;
    }
    PhiloxTile.ofThread().factors(dropout, at, factors, n);
    for (int i = 0; i < n; i++) {
      tile[i] *= factors[i];
    }
  }
}
