package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.host.Scratch;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Both GELUs after a bias per column, with their gradients, in blocks of rows and columns.
 *
 * <p>The bias' gradient is summed in float over 16 rows, and those sums in double: only additions
 * of floats become vector instructions, and no term is rounded more than 16 times before the
 * result.
 */
final class BiasedGelu {

  /** Columns of a block, which are worked on in the first-level cache. */
  private static final int STRIP = 1024;

  /** Rows of a block. A constant, so that sums do not depend on threads. */
  private static final int BLOCK = 64;

  /** Rows whose gradients are added in float, before the sums in double. */
  private static final int RUN = 16;

  private final Workers workers;
  private final OffHeapMemory memory;

  BiasedGelu(Workers workers, OffHeapMemory memory) {
    this.workers = workers;
    this.memory = memory;
  }

  /** Works on {@code n} columns from {@code at} of some rows. */
  @FunctionalInterface
  private interface Block {
    void run(int block, int begin, int end, int at, int n);
  }

  private void forEachBlock(int rows, int cols, Block body) {
    int strips = (cols + STRIP - 1) / STRIP;
    workers.forEach(
        count(rows) * strips,
        1,
        (from, to) -> {
          for (int task = from; task < to; task++) {
            int begin = task / strips * BLOCK;
            int at = task % strips * STRIP;
            int n = Math.min(STRIP, cols - at);
            body.run(task / strips, begin, Math.min(rows, begin + BLOCK), at, n);
          }
        });
  }

  private static int count(int rows) {
    return (rows + BLOCK - 1) / BLOCK;
  }

  void forward(Unary f, Buffer x, Buffer bias, Buffer y, int rows, int cols) {
    var from = HostBuffer.floats(x);
    var shifts = HostBuffer.floats(bias);
    var to = HostBuffer.floats(y);
    forEachBlock(
        rows,
        cols,
        (block, begin, end, at, n) -> {
          var tile = Scratch.floats(0, STRIP);
          var room = Scratch.floats(1, STRIP);
          var shift = Scratch.floats(2, STRIP);
          shifts.get(at, shift, 0, n);
          for (int row = begin; row < end; row++) {
            from.get(row * cols + at, tile, 0, n);
            add(tile, shift, n);
            Gelu.apply(f, tile, room, n);
            to.put(row * cols + at, tile, 0, n);
          }
        });
  }

  void backward(
      Unary f, Buffer x, Buffer bias, Buffer dy, Buffer dx, Buffer dbias, int rows, int cols) {
    try (var room = memory.allocate(DType.F32, 2 * count(rows) * cols)) { // a double is two
      var sums = room.bytes(0, room.length()).asDoubleBuffer(); // of each block
      sumBlocks(f, x, bias, dy, dx, sums, rows, cols);
      addBlocks(sums, HostBuffer.floats(dbias), count(rows), cols);
    }
  }

  private static void addBlocks(DoubleBuffer sums, FloatBuffer total, int blocks, int cols) {
    var sum = Scratch.doubles(0, STRIP);
    var more = Scratch.doubles(1, STRIP);
    for (int at = 0; at < cols; at += STRIP) {
      int n = Math.min(STRIP, cols - at);
      Arrays.fill(sum, 0, n, 0);
      for (int block = 0; block < blocks; block++) {
        sums.get(block * cols + at, more, 0, n);
        for (int i = 0; i < n; i++) {
          sum[i] += more[i];
        }
      }
      for (int i = 0; i < n; i++) {
        total.put(at + i, (float) sum[i]);
      }
    }
  }

  private void sumBlocks(
      Unary f, Buffer x, Buffer bias, Buffer dy, Buffer dx, DoubleBuffer sums, int rows, int cols) {
    var from = HostBuffer.floats(x);
    var shifts = HostBuffer.floats(bias);
    var upstream = HostBuffer.floats(dy);
    var to = HostBuffer.floats(dx);
    forEachBlock(
        rows,
        cols,
        (block, begin, end, at, n) -> {
          var tile = Scratch.floats(0, STRIP);
          var room = Scratch.floats(1, STRIP);
          var shift = Scratch.floats(2, STRIP);
          var more = Scratch.floats(3, STRIP);
          var run = Scratch.floats(4, STRIP);
          var sum = Scratch.doubles(0, STRIP);
          Arrays.fill(sum, 0, n, 0);
          shifts.get(at, shift, 0, n);
          for (int first = begin; first < end; first += RUN) {
            Arrays.fill(run, 0, n, 0);
            for (int row = first; row < Math.min(end, first + RUN); row++) {
              from.get(row * cols + at, tile, 0, n);
              add(tile, shift, n);
              Gelu.derive(f, tile, room, more, n);
              upstream.get(row * cols + at, more, 0, n);
              multiply(tile, more, n);
              to.put(row * cols + at, tile, 0, n);
              add(run, tile, n);
            }
            addTo(sum, run, n);
          }
          sums.put(block * cols + at, sum, 0, n);
        });
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

  private static void addTo(double[] sums, float[] run, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] += run[i];
    }
  }
}
