package dev.mmib.backend.host;

import static dev.mmib.backend.host.HostBuffer.floats;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.MatMulKernels;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products in plain Java, in blocks of {@code c}.
 *
 * <p>Both operands are copied to arrays, transposed where asked for, so that the innermost loop
 * adds multiples of rows of b to a row of c: separate arrays, equal indices, which the JIT
 * vectorizes.
 */
public final class HostMatMulKernels implements MatMulKernels {

  private static final int ROWS = 64;
  private static final int COLS = 256;
  private static final int DEPTH = 64;

  /** Multiplications that are worth a thread's attention. */
  private static final int WORK = 1 << 18;

  private final Workers workers;

  public HostMatMulKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void matmul(Product product, Buffer a, Buffer b, @Nullable Buffer bias, Buffer c) {
    var from = floats(a);
    var by = floats(b);
    var shift = bias == null ? null : floats(bias);
    var to = floats(c);
    int rowBlocks = Tiles.count(product.m(), ROWS);
    int colBlocks = Tiles.count(product.n(), COLS);
    int rows = Math.min(product.m(), ROWS);
    int cols = Math.min(product.n(), COLS);
    workers.forEach(
        product.batch() * rowBlocks * colBlocks,
        (int) Math.max(1, WORK / Math.max(1, (long) rows * cols * product.k())),
        (begin, end) -> {
          var block = new Block(product, from, by, shift, to);
          for (int task = begin; task < end; task++) {
            int matrix = task / (rowBlocks * colBlocks);
            int row = task / colBlocks % rowBlocks * ROWS;
            int col = task % colBlocks * COLS;
            block.run(matrix, row, col);
          }
        });
  }

  /** One thread's scratch memory, and its work on a block of {@code c}. */
  private static final class Block {
    private final Product product;
    private final FloatBuffer a;
    private final FloatBuffer b;
    private final @Nullable FloatBuffer bias;
    private final FloatBuffer c;
    private final float[][] as;
    private final float[][] bs;
    private final float[][] sums;
    private final float[] line = new float[Math.max(ROWS, DEPTH)];

    Block(
        Product product, FloatBuffer a, FloatBuffer b, @Nullable FloatBuffer bias, FloatBuffer c) {
      this.product = product;
      this.a = a;
      this.b = b;
      this.bias = bias;
      this.c = c;
      int rows = Math.min(product.m(), ROWS);
      int cols = Math.min(product.n(), COLS);
      int depth = Math.min(product.k(), DEPTH);
      this.as = new float[rows][depth];
      this.bs = new float[depth][cols];
      this.sums = new float[rows][cols];
    }

    void run(int matrix, int row, int col) {
      int rows = Math.min(ROWS, product.m() - row);
      int cols = Math.min(COLS, product.n() - col);
      for (int i = 0; i < rows; i++) {
        if (bias == null) {
          Arrays.fill(sums[i], 0, cols, 0);
        } else {
          bias.get(col, sums[i], 0, cols);
        }
      }
      for (int at = 0; at < product.k(); at += DEPTH) {
        int depth = Math.min(DEPTH, product.k() - at);
        copyA(matrix * product.aStride(), row, at, rows, depth);
        copyB(matrix * product.bStride(), at, col, depth, cols);
        for (int i = 0; i < rows; i++) {
          addRows(as[i], depth, cols, sums[i]);
        }
      }
      int first = (matrix * product.m() + row) * product.n() + col;
      for (int i = 0; i < rows; i++) {
        c.put(first + i * product.n(), sums[i], 0, cols);
      }
    }

    private void copyA(int start, int row, int at, int rows, int depth) {
      if (!product.transposeA()) {
        for (int i = 0; i < rows; i++) {
          a.get(start + (row + i) * product.k() + at, as[i], 0, depth);
        }
        return;
      }
      for (int p = 0; p < depth; p++) {
        a.get(start + (at + p) * product.m() + row, line, 0, rows);
        for (int i = 0; i < rows; i++) {
          as[i][p] = line[i];
        }
      }
    }

    private void copyB(int start, int at, int col, int depth, int cols) {
      if (!product.transposeB()) {
        for (int p = 0; p < depth; p++) {
          b.get(start + (at + p) * product.n() + col, bs[p], 0, cols);
        }
        return;
      }
      for (int j = 0; j < cols; j++) {
        b.get(start + (col + j) * product.k() + at, line, 0, depth);
        for (int p = 0; p < depth; p++) {
          bs[p][j] = line[p];
        }
      }
    }

    /** {@code sum += Σ_p factors[p] · bs[p]}, four rows at a time. */
    private void addRows(float[] factors, int depth, int cols, float[] sum) {
      int p = 0;
      for (; p + 4 <= depth; p += 4) {
        add4(
            sum,
            factors[p],
            bs[p],
            factors[p + 1],
            bs[p + 1],
            factors[p + 2],
            bs[p + 2],
            factors[p + 3],
            bs[p + 3],
            cols);
      }
      for (; p < depth; p++) {
        add(sum, factors[p], bs[p], cols);
      }
    }

    private static void add4(
        float[] sum,
        float f0,
        float[] b0,
        float f1,
        float[] b1,
        float f2,
        float[] b2,
        float f3,
        float[] b3,
        int n) {
      for (int j = 0; j < n; j++) {
        sum[j] += f0 * b0[j] + f1 * b1[j] + f2 * b2[j] + f3 * b3[j];
      }
    }

    private static void add(float[] sum, float factor, float[] b, int n) {
      for (int j = 0; j < n; j++) {
        sum[j] += factor * b[j];
      }
    }
  }
}
