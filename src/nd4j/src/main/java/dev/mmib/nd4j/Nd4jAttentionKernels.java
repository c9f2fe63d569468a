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
    HeadMatrices queryHeads = vectors(h, h.queries());
    HeadMatrices keyHeads = vectors(h, h.keys());
    HeadMatrices scoreHeads = scores(h);
    OpenBlas.Matrix queries = factor(queryHeads, q);
    OpenBlas.Matrix keys = factor(keyHeads.transposed(), k);
    OpenBlas.Matrix values = v == null ? null : factor(keyHeads, v);
    OpenBlas.Matrix scores = result(scoreHeads, p);
    OpenBlas.Matrix results = out == null ? null : result(queryHeads, out);
    FloatBuffer keyMask = masks.keys() == null ? null : HostBuffer.floats(masks.keys());
    FloatBuffer queryMask = masks.queries() == null ? null : HostBuffer.floats(masks.queries());
    FloatBuffer probabilities = HostBuffer.floats(p);
    int height = Math.min(h.queries(), Math.max(FEWEST_ROWS, BLOCK / h.keys()));
    int blocks = (h.queries() + height - 1) / height;
    OpenBlas.alone(
        () ->
            workers.forEach(
                Math.multiplyExact(h.batch() * h.heads(), blocks),
                1,
                (from, end) -> {
                  for (int n = from; n < end; n++) {
                    int head = n / blocks;
                    int first = n % blocks * height;
                    int last = Math.min(h.queries(), first + height);
                    int rows = last - first;
                    int at = (head * h.queries() + first) * h.keys();
                    OpenBlas.Matrix block = scores.at(offset(scoreHeads, head)).rows(first, last);
                    OpenBlas.multiply(
                        h.scale(),
                        queries.at(offset(queryHeads, head)).rows(first, last),
                        keys.at(offset(keyHeads, head)),
                        0,
                        block);
                    HeadRows.fillMasked(
                        h,
                        keyMask,
                        queryMask,
                        head / h.heads(),
                        first,
                        rows,
                        probabilities,
                        at,
                        MASKED);
                    VectorSoftmax.apply(probabilities, at, probabilities, at, rows, h.keys());
                    if (values != null && results != null) {
                      OpenBlas.multiply(
                          1,
                          block,
                          values.at(offset(keyHeads, head)),
                          0,
                          results.at(offset(queryHeads, head)).rows(first, last));
                    }
                  }
                }));
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
    OpenBlas.Matrix left = factor(a, inA);
    OpenBlas.Matrix right = factor(b, inB);
    OpenBlas.Matrix out = result(c, inC);
    OpenBlas.alone(
        () ->
            workers.forEach(
                c.batch() * c.heads(),
                1,
                (from, end) -> {
                  for (int i = from; i < end; i++) {
                    OpenBlas.multiply(
                        scale,
                        left.at(offset(a, i)),
                        right.at(offset(b, i)),
                        0,
                        out.at(offset(c, i)));
                  }
                }));
  }

  private static OpenBlas.Matrix factor(HeadMatrices m, Buffer buffer) {
    return OpenBlas.Matrix.read(buffer, m.rows(), m.cols(), m.rowStride(), m.colStride());
  }

  private static OpenBlas.Matrix result(HeadMatrices m, Buffer buffer) {
    return OpenBlas.Matrix.write(buffer, m.rows(), m.cols(), m.rowStride(), m.colStride());
  }

  private static long offset(HeadMatrices m, int i) {
    return i / m.heads() * m.batchStride() + i % m.heads() * m.headStride();
  }
}
