package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.host.Scratch;
import dev.mmib.backend.kernel.ElementwiseKernels;
import java.nio.FloatBuffer;

/** The host's pointwise kernels, with both GELUs by {@link Gelu}. */
final class VectorElementwiseKernels implements ElementwiseKernels {

  /** Floats worked on in the first-level cache. */
  private static final int TILE = 1024;

  private static final int CHUNK = 16 * TILE;

  private final Workers workers;
  private final BiasedGelu biasedGelu;
  private final ElementwiseKernels host;

  VectorElementwiseKernels(Workers workers, OffHeapMemory memory, ElementwiseKernels host) {
    this.workers = workers;
    this.biasedGelu = new BiasedGelu(workers, memory);
    this.host = host;
  }

  @Override
  public void unary(Unary f, Buffer x, Buffer y) {
    if (!Gelu.is(f)) {
      host.unary(f, x, y);
      return;
    }
    FloatBuffer from = HostBuffer.floats(x);
    FloatBuffer to = HostBuffer.floats(y);
    workers.forEach(
        y.length(),
        CHUNK,
        (begin, end) -> {
          var tile = Scratch.floats(0, TILE);
          var room = Scratch.floats(1, TILE);
          for (int at = begin; at < end; at += TILE) {
            int n = Math.min(TILE, end - at);
            from.get(at, tile, 0, n);
            Gelu.apply(f, tile, room, n);
            to.put(at, tile, 0, n);
          }
        });
  }

  @Override
  public void unaryGrad(Unary f, Buffer x, Buffer y, Buffer dy, Buffer dx) {
    if (!Gelu.is(f)) {
      host.unaryGrad(f, x, y, dy, dx);
      return;
    }
    FloatBuffer from = HostBuffer.floats(x);
    FloatBuffer upstream = HostBuffer.floats(dy);
    FloatBuffer to = HostBuffer.floats(dx);
    workers.forEach(
        dx.length(),
        CHUNK,
        (begin, end) -> {
          var tile = Scratch.floats(0, TILE);
          var room = Scratch.floats(1, TILE);
          var more = Scratch.floats(2, TILE);
          for (int at = begin; at < end; at += TILE) {
            int n = Math.min(TILE, end - at);
            from.get(at, tile, 0, n);
            Gelu.derive(f, tile, room, more, n);
            upstream.get(at, more, 0, n);
            for (int i = 0; i < n; i++) {
              tile[i] *= more[i];
            }
            to.put(at, tile, 0, n);
          }
        });
  }

  @Override
  public void binary(Binary f, Buffer a, Buffer b, Buffer y) {
    host.binary(f, a, b, y);
  }

  @Override
  public void binaryBroadcast(
      Binary f, Buffer a, int[] aStrides, Buffer b, int[] bStrides, Buffer y, int[] dims) {
    host.binaryBroadcast(f, a, aStrides, b, bStrides, y, dims);
  }

  @Override
  public void affine(Buffer x, double scale, double shift, Buffer y) {
    host.affine(x, scale, shift, y);
  }

  @Override
  public void accumulate(Buffer x, Buffer sum) {
    host.accumulate(x, sum);
  }

  @Override
  public void fill(Buffer y, double value) {
    host.fill(y, value);
  }

  @Override
  public void biasUnary(Unary f, Buffer x, Buffer bias, Buffer y, int rows, int cols) {
    if (Gelu.is(f)) {
      biasedGelu.forward(f, x, bias, y, rows, cols);
    } else {
      host.biasUnary(f, x, bias, y, rows, cols);
    }
  }

  @Override
  public void biasUnaryGrad(
      Unary f, Buffer x, Buffer bias, Buffer dy, Buffer dx, Buffer dbias, int rows, int cols) {
    if (Gelu.is(f)) {
      biasedGelu.backward(f, x, bias, dy, dx, dbias, rows, cols);
    } else {
      host.biasUnaryGrad(f, x, bias, dy, dx, dbias, rows, cols);
    }
  }
}
