package dev.mmib.backend.host;

import static dev.mmib.backend.host.HostBuffer.floats;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.ReductionKernels;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** Sums in plain Java, accumulated in double precision. */
public final class HostReductionKernels implements ReductionKernels {

  private final Workers workers;

  public HostReductionKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void sum(Buffer x, Buffer y, int outer, int axis, int inner) {
    if (inner == 1) {
      sumRows(floats(x), floats(y), outer, axis);
    } else {
      sumColumns(floats(x), floats(y), outer, axis, inner);
    }
  }

  private void sumRows(FloatBuffer x, FloatBuffer y, int rows, int cols) {
    int parts = Tiles.count(cols, Tiles.CHUNK); // one long row is shared among threads
    var sums = new double[rows * parts];
    workers.forEach(
        sums.length,
        Tiles.rows(Math.min(cols, Tiles.CHUNK)),
        (begin, end) -> {
          var tile = Scratch.floats(0, Tiles.TILE);
          for (int task = begin; task < end; task++) {
            int from = task % parts * Tiles.CHUNK;
            int to = Math.min(cols, from + Tiles.CHUNK);
            int row = task / parts * cols;
            double sum = 0;
            for (int at = from; at < to; at += Tiles.TILE) {
              int n = Tiles.length(at, to);
              x.get(row + at, tile, 0, n);
              sum += sum(tile, n);
            }
            sums[task] = sum;
          }
        });
    for (int row = 0; row < rows; row++) {
      double sum = 0;
      for (int part = 0; part < parts; part++) {
        sum += sums[row * parts + part];
      }
      y.put(row, (float) sum);
    }
  }

  private static double sum(float[] tile, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += tile[i];
    }
    return sum;
  }

  private void sumColumns(FloatBuffer x, FloatBuffer y, int outer, int axis, int inner) {
    // Narrow strips, so that the columns of a bias gradient keep several threads busy.
    int strip = Math.min(inner, 256);
    int strips = Tiles.count(inner, strip);
    workers.forEach(
        outer * strips,
        Math.max(1, Tiles.rows(strip) / axis),
        (begin, end) -> {
          var tile = Scratch.floats(0, strip);
          var sums = Scratch.doubles(0, strip);
          for (int task = begin; task < end; task++) {
            int o = task / strips;
            int at = task % strips * strip;
            int n = Math.min(strip, inner - at);
            Arrays.fill(sums, 0, n, 0);
            for (int a = 0; a < axis; a++) {
              x.get((o * axis + a) * inner + at, tile, 0, n);
              add(tile, sums, n);
            }
            for (int i = 0; i < n; i++) {
              tile[i] = (float) sums[i];
            }
            y.put(o * inner + at, tile, 0, n);
          }
        });
  }

  private static void add(float[] tile, double[] sums, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] += tile[i];
    }
  }
}
