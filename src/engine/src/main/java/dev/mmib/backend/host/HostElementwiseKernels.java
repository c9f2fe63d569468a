package dev.mmib.backend.host;

import static dev.mmib.backend.host.HostBuffer.floats;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.ElementwiseKernels;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** Pointwise functions in plain Java. */
public final class HostElementwiseKernels implements ElementwiseKernels {

  private final Workers workers;
  private final HostBiasedUnary biased;

  public HostElementwiseKernels(Workers workers) {
    this.workers = workers;
    this.biased = new HostBiasedUnary(workers);
  }

  @Override
  public void unary(Unary f, Buffer x, Buffer y) {
    var from = floats(x);
    var to = floats(y);
    workers.forEach(
        y.length(),
        Tiles.CHUNK,
        (begin, end) -> {
          var tile = Scratch.floats(0, Tiles.TILE);
          for (int at = begin; at < end; at += Tiles.TILE) {
            int n = Tiles.length(at, end);
            from.get(at, tile, 0, n);
            UnaryFunctions.apply(f, tile, n);
            to.put(at, tile, 0, n);
          }
        });
  }

  @Override
  public void unaryGrad(Unary f, Buffer x, Buffer y, Buffer dy, Buffer dx) {
    var inputs = floats(x);
    var outputs = floats(y);
    var upstream = floats(dy);
    var to = floats(dx);
    workers.forEach(
        dx.length(),
        Tiles.CHUNK,
        (begin, end) -> {
          var xs = Scratch.floats(0, Tiles.TILE);
          var ys = Scratch.floats(1, Tiles.TILE);
          var dys = Scratch.floats(2, Tiles.TILE);
          for (int at = begin; at < end; at += Tiles.TILE) {
            int n = Tiles.length(at, end);
            inputs.get(at, xs, 0, n);
            outputs.get(at, ys, 0, n);
            upstream.get(at, dys, 0, n);
            UnaryFunctions.derivative(f, xs, ys, n);
            multiply(dys, xs, n);
            to.put(at, dys, 0, n);
          }
        });
  }

  @Override
  public void binary(Binary f, Buffer a, Buffer b, Buffer y) {
    var left = floats(a);
    var right = floats(b);
    var to = floats(y);
    workers.forEach(
        y.length(),
        Tiles.CHUNK,
        (begin, end) -> {
          var as = Scratch.floats(0, Tiles.TILE);
          var bs = Scratch.floats(1, Tiles.TILE);
          for (int at = begin; at < end; at += Tiles.TILE) {
            int n = Tiles.length(at, end);
            left.get(at, as, 0, n);
            right.get(at, bs, 0, n);
            apply(f, as, bs, n);
            to.put(at, as, 0, n);
          }
        });
  }

  @Override
  public void binaryBroadcast(
      Binary f, Buffer a, int[] aStrides, Buffer b, int[] bStrides, Buffer y, int[] dims) {
    var left = floats(a);
    var right = floats(b);
    var to = floats(y);
    var space = IndexSpace.of(dims, aStrides, bStrides);
    int inner = space.inner();
    int tilesOfRow = Tiles.count(inner, Tiles.TILE);
    workers.forEach(
        space.rows() * tilesOfRow,
        Tiles.rows(Math.min(inner, Tiles.TILE)),
        (begin, end) -> {
          var as = Scratch.floats(0, Tiles.TILE);
          var bs = Scratch.floats(1, Tiles.TILE);
          for (int task = begin; task < end; task++) {
            int row = task / tilesOfRow;
            int at = task % tilesOfRow * Tiles.TILE;
            int n = Tiles.length(at, inner);
            load(left, space.aAt(row, at), space.aStride(), as, n);
            load(right, space.bAt(row, at), space.bStride(), bs, n);
            apply(f, as, bs, n);
            to.put(row * inner + at, as, 0, n);
          }
        });
  }

  private static void load(FloatBuffer from, int at, int stride, float[] tile, int n) {
    if (stride == 1) {
      from.get(at, tile, 0, n);
    } else if (stride == 0) {
      Arrays.fill(tile, 0, n, from.get(at));
    } else {
      for (int i = 0; i < n; i++) {
        tile[i] = from.get(at + i * stride);
      }
    }
  }

  private static void apply(Binary f, float[] a, float[] b, int n) {
    switch (f) {
      case ADD -> add(a, b, n);
      case SUB -> subtract(a, b, n);
      case MUL -> multiply(a, b, n);
      case DIV -> divide(a, b, n);
    }
  }

  private static void add(float[] a, float[] b, int n) {
    for (int i = 0; i < n; i++) {
      a[i] += b[i];
    }
  }

  private static void subtract(float[] a, float[] b, int n) {
    for (int i = 0; i < n; i++) {
      a[i] -= b[i];
    }
  }

  private static void multiply(float[] a, float[] b, int n) {
    for (int i = 0; i < n; i++) {
      a[i] *= b[i];
    }
  }

  private static void divide(float[] a, float[] b, int n) {
    for (int i = 0; i < n; i++) {
      a[i] /= b[i];
    }
  }

  @Override
  public void affine(Buffer x, double scale, double shift, Buffer y) {
    var from = floats(x);
    var to = floats(y);
    float factor = (float) scale;
    float offset = (float) shift;
    workers.forEach(
        y.length(),
        Tiles.CHUNK,
        (begin, end) -> {
          var tile = Scratch.floats(0, Tiles.TILE);
          for (int at = begin; at < end; at += Tiles.TILE) {
            int n = Tiles.length(at, end);
            from.get(at, tile, 0, n);
            for (int i = 0; i < n; i++) {
              tile[i] = factor * tile[i] + offset;
            }
            to.put(at, tile, 0, n);
          }
        });
  }

  @Override
  public void accumulate(Buffer x, Buffer sum) {
    binary(Binary.ADD, sum, x, sum);
  }

  @Override
  public void fill(Buffer y, double value) {
    var to = floats(y);
    float number = (float) value;
    workers.forEach(
        y.length(),
        Tiles.CHUNK,
        (begin, end) -> {
          var tile = Scratch.floats(0, Tiles.TILE);
          Arrays.fill(tile, 0, Tiles.TILE, number);
          for (int at = begin; at < end; at += Tiles.TILE) {
            to.put(at, tile, 0, Tiles.length(at, end));
          }
        });
  }

  @Override
  public void biasUnary(Unary f, Buffer x, Buffer bias, Buffer y, int rows, int cols) {
    biased.forward(f, floats(x), floats(bias), floats(y), rows, cols);
  }

  @Override
  public void biasUnaryGrad(
      Unary f, Buffer x, Buffer bias, Buffer dy, Buffer dx, Buffer dbias, int rows, int cols) {
    biased.backward(f, floats(x), floats(bias), floats(dy), floats(dx), floats(dbias), rows, cols);
  }
}
