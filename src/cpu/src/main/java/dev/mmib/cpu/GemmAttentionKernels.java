package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.Dropout;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Attention that stays in the caches: a head of a sequence, or a block of its queries, goes from
 * scores to output in the second-level cache of one thread.
 *
 * <p>Products are {@link Gemm}'s. Leaves P [batch, heads, queries, keys] in {@code saved}, negative
 * where dropout struck; without a backward pass to come nothing of that size exists.
 */
final class GemmAttentionKernels implements AttentionKernels {

  private static final float MASKED = -1e9f;

  private final AttentionLanes lanes;
  private final OneDnnSoftmax softmax;

  GemmAttentionKernels(OneDnn oneDnn) {
    this.lanes = new AttentionLanes(oneDnn);
    this.softmax = new OneDnnSoftmax(oneDnn);
  }

  @Override
  public int savedLength(Heads h) {
    return h.probabilities();
  }

  @Override
  public int scratchLength(Heads h) {
    return 0; // each thread brings its own, for one block
  }

  private static void require(boolean fits, String what, Heads h) {
    if (!fits) {
      throw new IllegalArgumentException("attention: " + what + ", " + h);
    }
  }

  private static void requireSizes(Heads h) {
    boolean some =
        h.batch() > 0 && h.heads() > 0 && h.queries() > 0 && h.keys() > 0 && h.headDim() > 0;
    require(some, "sizes vs at least 1 each: leave empty batches out", h);
  }

  /** Where something of a call lies: [.., rows, width] of all heads. */
  private static long reading(Buffer buffer) {
    return OffHeapBuffer.of(buffer).reading().address();
  }

  private static long writing(Buffer buffer) {
    return OffHeapBuffer.of(buffer).pointer().address();
  }

  @Override
  public void probabilities(Heads h, Buffer q, Buffer k, Masks masks, Buffer p) {
    attend(h, q, k, null, masks, Dropout.NONE, null, p);
  }

  @Override
  public void infer(Heads h, Buffer q, Buffer k, Buffer v, Masks masks, Buffer out, Buffer none) {
    attend(h, q, k, v, masks, Dropout.NONE, out, null);
  }

  @Override
  public void forward(
      Heads h,
      Buffer q,
      Buffer k,
      Buffer v,
      Masks masks,
      Dropout dropout,
      Buffer out,
      Buffer saved) {
    attend(h, q, k, v, masks, dropout, out, saved);
  }

  private void attend(
      Heads h,
      Buffer q,
      Buffer k,
      @Nullable Buffer v,
      Masks masks,
      Dropout dropout,
      @Nullable Buffer out,
      @Nullable Buffer saved) {
    requireSizes(h);
    require(saved == null || saved.length() >= h.probabilities(), "too little room for P", h);
    long queries = reading(q);
    long keys = reading(k);
    long values = v == null ? 0 : reading(v);
    long results = out == null ? 0 : writing(out);
    long probabilities = saved == null ? 0 : writing(saved);
    FloatBuffer kept = saved == null ? null : HostBuffer.floats(saved);
    FloatBuffer keyMask = AttentionRows.floats(masks.keys());
    FloatBuffer queryMask = AttentionRows.floats(masks.queries());
    int width = h.width();
    int blockRows = AttentionLanes.blockRows(h);
    int blocks = (h.queries() + blockRows - 1) / blockRows;
    lanes.forEach(
        h,
        Math.multiplyExact(h.batch() * h.heads(), blocks),
        saved == null || !dropout.isNone() ? 1 : 0,
        softmax::forwardPlan,
        (lane, n) -> {
          int b = n / blocks / h.heads();
          int column = n / blocks % h.heads() * h.headDim();
          int first = n % blocks * blockRows;
          int rows = Math.min(blockRows, h.queries() - first);
          long element = ((long) (n / blocks) * h.queries() + first) * h.keys();
          long atQueries = 4 * ((long) (b * h.queries() + first) * width + column);
          long atKeys = 4 * ((long) b * h.keys() * width + column);
          FloatBuffer scores = kept == null ? lane.room() : kept;
          int at = kept == null ? lane.index(0) : (int) element;
          long address = kept == null ? lane.address(0) : probabilities + 4 * element;
          Gemm.call(
              rows,
              h.keys(),
              h.headDim(),
              h.scale(),
              queries + atQueries,
              'N',
              width,
              keys + atKeys,
              'T',
              width,
              0,
              address,
              h.keys());
          HeadRows.fillMasked(h, keyMask, queryMask, b, first, rows, scores, at, MASKED);
          Plan plan = lane.plan(rows);
          plan.place(0, address);
          plan.place(1, address);
          plan.runPlaced(lane.planRoom());
          if (results == 0) {
            return;
          }
          long weights = address;
          if (!dropout.isNone()) {
            HeadRows.drop(
                dropout, element, scores, at, lane.room(), lane.index(0), rows * h.keys());
            weights = lane.address(0);
          }
          Gemm.call(
              rows,
              h.headDim(),
              h.keys(),
              1,
              weights,
              'N',
              h.keys(),
              values + atKeys,
              'N',
              width,
              0,
              results + atQueries,
              width);
        });
  }

  @Override
  public void backward(
      Heads h,
      Buffer q,
      Buffer k,
      Buffer v,
      Masks masks,
      Dropout dropout,
      Buffer out,
      Buffer saved,
      Buffer dout,
      Buffer dq,
      Buffer dk,
      Buffer dv) {
    requireSizes(h);
    require(saved.length() >= h.probabilities(), "too little was saved", h);
    var from =
        new QueryBlocks.Sources(reading(q), reading(k), reading(v), reading(dout), reading(saved));
    var to = new QueryBlocks.Targets(writing(dq), writing(dk), writing(dv));
    var blocks = new QueryBlocks(h, from, to);
    FloatBuffer kept = HostBuffer.floats(saved);
    FloatBuffer keyMask = AttentionRows.floats(masks.keys());
    FloatBuffer queryMask = AttentionRows.floats(masks.queries());
    int blockRows = AttentionLanes.blockRows(h);
    // A head is one task, since its keys collect from all of its queries.
    lanes.forEach(
        h,
        h.batch() * h.heads(),
        dropout.isNone() ? 1 : 2,
        softmax::backwardPlan,
        (lane, n) -> {
          int b = n / h.heads();
          for (int first = 0; first < h.queries(); first += blockRows) {
            int rows = Math.min(blockRows, h.queries() - first);
            long element = ((long) n * h.queries() + first) * h.keys();
            blocks.dscores(n, first, rows, lane);
            if (dropout.isNone()) {
              long p = from.p() + 4 * element;
              blocks.dvalues(n, first, rows, p);
              Plan plan = lane.plan(rows);
              plan.place(0, p);
              plan.place(1, lane.address(0));
              plan.place(2, lane.address(0));
              plan.runPlaced(lane.planRoom());
            } else {
              HeadRows.softmaxDropoutGrad(
                  dropout,
                  rows,
                  h.keys(),
                  kept,
                  (int) element,
                  lane.room(),
                  lane.index(1),
                  lane.room(),
                  lane.index(0));
              blocks.dvalues(n, first, rows, lane.address(1));
            }
            HeadRows.fillMasked(
                h, keyMask, queryMask, b, first, rows, lane.room(), lane.index(0), 0);
            blocks.dinputs(n, first, rows, lane);
          }
        });
  }
}
