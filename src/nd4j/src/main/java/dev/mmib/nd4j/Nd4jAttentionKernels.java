package dev.mmib.nd4j;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.NormKernels;
import dev.mmib.cpu.BatchedAttentionKernels;
import dev.mmib.cpu.HeadMatrices;
import dev.mmib.cpu.HeadRows;
import dev.mmib.cpu.OffHeapMemory;
import dev.mmib.cpu.VectorSoftmax;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Attention whose products are {@link OpenBlas}', one head by one thread.
 *
 * <p>Without dropout, a block of a head's queries goes from scores to output in the caches.
 */
final class Nd4jAttentionKernels extends BatchedAttentionKernels {

  /** Scores of a block, in floats: a quarter of the smallest second-level cache. */
  private static final int BLOCK = 1 << 14;

  private static final int FEWEST_ROWS = 16;

  private static final float MASKED = -1e9f;

  private final Workers workers;

  Nd4jAttentionKernels(OffHeapMemory memory, NormKernels norm, Workers workers) {
    super(memory, norm, workers);
    this.workers = workers;
  }

  @Override
  public void probabilities(Heads heads, Buffer q, Buffer k, Masks masks, Buffer p) {
    attend(heads, q, k, null, masks, null, p);
  }

  @Override
  public void forward(
      Heads heads,
      Buffer q,
      Buffer k,
      Buffer v,
      Masks masks,
      Dropout dropout,
      Buffer out,
      Buffer saved) {
    if (dropout.isNone()) {
      attend(heads, q, k, v, masks, out, saved);
    } else {
      super.forward(heads, q, k, v, masks, dropout, out, saved);
    }
  }

  private void attend(
      Heads h,
      Buffer q,
      Buffer k,
      @Nullable Buffer v,
      Masks masks,
      @Nullable Buffer out,
      Buffer p) {
    requireSize(h);
    HeadMatrices keys = vectors(h, h.keys());
    var pass =
        new Pass(
            h,
            factors(vectors(h, h.queries()), q),
            factors(keys.transposed(), k),
            v == null ? null : factors(keys, v),
            results(scores(h), p),
            out == null ? null : results(vectors(h, h.queries()), out),
            masks.keys() == null ? null : HostBuffer.floats(masks.keys()),
            masks.queries() == null ? null : HostBuffer.floats(masks.queries()),
            HostBuffer.floats(p));
    int height = Math.min(h.queries(), Math.max(FEWEST_ROWS, BLOCK / h.keys()));
    int blocks = (h.queries() + height - 1) / height;
    OpenBlas.alone(
        () ->
            workers.forEach(
                Math.multiplyExact(h.batch() * h.heads(), blocks),
                1,
                (from, end) -> {
                  for (int n = from; n < end; n++) {
                    int first = n % blocks * height;
                    pass.attend(n / blocks, first, Math.min(h.queries(), first + height));
                  }
                }));
  }

  /** The matrices of all heads in a buffer. */
  private record Matrices(HeadMatrices form, OpenBlas.Matrix first) {

    OpenBlas.Matrix of(int head) {
      long batch = head / form.heads() * form.batchStride();
      return first.at(batch + head % form.heads() * form.headStride());
    }
  }

  private static Matrices factors(HeadMatrices m, Buffer buffer) {
    return new Matrices(
        m, OpenBlas.Matrix.read(buffer, m.rows(), m.cols(), m.rowStride(), m.colStride()));
  }

  private static Matrices results(HeadMatrices m, Buffer buffer) {
    return new Matrices(
        m, OpenBlas.Matrix.write(buffer, m.rows(), m.cols(), m.rowStride(), m.colStride()));
  }

  /** What a call works on. */
  private record Pass(
      Heads h,
      Matrices queries,
      Matrices keys,
      @Nullable Matrices values,
      Matrices scores,
      @Nullable Matrices out,
      @Nullable FloatBuffer keyMask,
      @Nullable FloatBuffer queryMask,
      FloatBuffer p) {

    /** The queries {@code [first, last)} of one head, by the thread that calls. */
    void attend(int head, int first, int last) {
      int rows = last - first;
      int at = (head * h.queries() + first) * h.keys();
      OpenBlas.Matrix block = scores.of(head).rows(first, last);
      OpenBlas.multiply(h.scale(), queries.of(head).rows(first, last), keys.of(head), 0, block);
      HeadRows.fillMasked(h, keyMask, queryMask, head / h.heads(), first, rows, p, at, MASKED);
      VectorSoftmax.apply(p, at, p, at, rows, h.keys());
      if (values != null && out != null) {
        OpenBlas.multiply(1, block, values.of(head), 0, out.of(head).rows(first, last));
      }
    }
  }

  @Override
  protected void multiply(
      double scale,
      HeadMatrices a,
      Buffer inA,
      HeadMatrices b,
      Buffer inB,
      HeadMatrices c,
      Buffer inC) {
    Matrices left = factors(a, inA);
    Matrices right = factors(b, inB);
    Matrices out = results(c, inC);
    OpenBlas.alone(
        () ->
            workers.forEach(
                c.batch() * c.heads(),
                1,
                (from, end) -> {
                  for (int i = from; i < end; i++) {
                    OpenBlas.multiply(scale, left.of(i), right.of(i), 0, out.of(i));
                  }
                }));
  }
}
