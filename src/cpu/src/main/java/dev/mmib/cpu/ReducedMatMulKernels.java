package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Precision;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.backend.kernel.MatMulKernels;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Linear layers of inference with factors of fewer bits; every other product is exact.
 *
 * <p>bfloat16: both factors rounded, sums in float32. Bytes: a scale for each output of the weights
 * and one for each row of the other factor, found anew for every product; sums in 32 bits.
 *
 * <p>Layers with few inputs or outputs, such as the ones that choose a tag, stay exact: they take
 * no time, and what they round away decides.
 */
final class ReducedMatMulKernels implements MatMulKernels, AutoCloseable {

  /** Inputs and outputs from which a layer is rounded. */
  static final int SMALLEST = 64;

  private final MatMulKernels exact;
  private final ReducedPrimitives primitives;

  ReducedMatMulKernels(OneDnn oneDnn, Precision precision, MatMulKernels exact) {
    this.exact = exact;
    this.primitives = new ReducedPrimitives(oneDnn, precision);
  }

  @Override
  public void matmul(Product product, Buffer a, Buffer b, @Nullable Buffer bias, Buffer c) {
    exact.matmul(product, a, b, bias, c);
  }

  @Override
  public boolean fuses(Unary f) {
    return Gelu.is(f) && exact.fuses(f);
  }

  @Override
  public void linear(
      int rows,
      int out,
      int in,
      Buffer x,
      Buffer w,
      @Nullable Buffer bias,
      @Nullable Unary f,
      Buffer y) {
    if (rows == 0 || Math.min(out, in) < SMALLEST) {
      exact.linear(rows, out, in, x, w, bias, f, y);
      return;
    }
    ReducedWeights weights = weights(OffHeapBuffer.of(w), out, in);
    ReducedRows factors = rows(OffHeapBuffer.of(x), rows, in);
    long to = OffHeapBuffer.of(y).pointer().address();
    long shift = bias == null ? 0 : OffHeapBuffer.of(bias).reading().address();
    int width = primitives.columns(out);
    int groups = (rows + Pieces.LARGEST - 1) / Pieces.LARGEST;
    int tiles = (out + width - 1) / width;
    FloatBuffer scales = primitives.hasScales() ? factors.scales() : null;
    var tail = scales == null && f == null ? null : new LayerTail(y, out, scales, bias, f);
    boolean fused = bias != null && tail == null;
    // Tasks that follow each other share their weights.
    primitives
        .oneDnn()
        .forEach(
            groups * tiles,
            task -> {
              int tile = task / groups;
              int first = tile * width;
              int columns = Math.min(width, out - first);
              int begin = task % groups * Pieces.LARGEST;
              int end = Math.min(rows, begin + Pieces.LARGEST);
              Pieces.forEach(
                  begin,
                  end,
                  (row, count) -> {
                    var primitive = primitives.product(count, columns, in, out, fused);
                    long from = factors.row(row, primitives.bytes());
                    long at = to + 4 * ((long) row * out + first);
                    if (scales != null) {
                      primitive.run(from, weights.tile(tile), at, weights.scales(first));
                    } else if (fused) {
                      primitive.run(from, weights.tile(tile), at, shift + 4L * first);
                    } else {
                      primitive.run(from, weights.tile(tile), at);
                    }
                  });
              if (tail != null) {
                tail.apply(begin, end, first, columns);
              }
            });
  }

  private ReducedWeights weights(OffHeapBuffer w, int out, int in) {
    if (w.derived(ReducedWeights.class) instanceof ReducedWeights kept && kept.are(out, in)) {
      return kept;
    }
    var made = ReducedWeights.of(w, out, in, primitives);
    w.keep(ReducedWeights.class, made);
    return made;
  }

  private ReducedRows rows(OffHeapBuffer x, int rows, int in) {
    if (x.derived(ReducedRows.class) instanceof ReducedRows kept && kept.are(rows, in)) {
      return kept;
    }
    var made = ReducedRows.of(x, rows, in, primitives);
    x.keep(ReducedRows.class, made);
    return made;
  }

  @Override
  public void close() {
    primitives.close();
  }
}
