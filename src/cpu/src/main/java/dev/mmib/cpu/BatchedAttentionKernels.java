package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.NormKernels;

/**
 * Attention made of batched products of a library, which works on the heads where they lie.
 *
 * <p>Leaves P [batch, heads, queries, keys] in {@code saved}, negative where dropout struck.
 */
public abstract class BatchedAttentionKernels implements AttentionKernels {

  private final OffHeapMemory memory;
  private final NormKernels norm;
  private final AttentionRows rows;

  /** Takes scratch memory and softmax from the backend that it serves. */
  protected BatchedAttentionKernels(OffHeapMemory memory, NormKernels norm, Workers workers) {
    this.memory = memory;
    this.norm = norm;
    this.rows = new AttentionRows(workers);
  }

  /** Overwrites {@code c = scale · a b}, for all batches and heads. */
  protected abstract void multiply(
      double scale,
      HeadMatrices a,
      Buffer inA,
      HeadMatrices b,
      Buffer inB,
      HeadMatrices c,
      Buffer inC);

  /** [batch, heads, length, headDim] inside [batch, length, width]. */
  protected static HeadMatrices vectors(Heads h, int length) {
    return new HeadMatrices(
        h.batch(),
        h.heads(),
        length,
        h.headDim(),
        (long) length * h.width(),
        h.headDim(),
        h.width(),
        1);
  }

  /** [batch, heads, queries, keys] without gaps. */
  protected static HeadMatrices scores(Heads h) {
    long one = (long) h.queries() * h.keys();
    return new HeadMatrices(
        h.batch(), h.heads(), h.queries(), h.keys(), h.heads() * one, one, h.keys(), 1);
  }

  private static int rowCount(Heads h) {
    return h.batch() * h.heads() * h.queries();
  }

  @Override
  public int savedLength(Heads h) {
    return h.probabilities();
  }

  /** Refuses sizes of 0, of which products of a library know nothing. */
  protected final void requireSize(Heads heads) {
    if (savedLength(heads) == 0 || heads.headDim() == 0) {
      throw new IllegalArgumentException(
          "attention: sizes, " + heads + " vs at least 1 each: leave empty batches out");
    }
  }

  @Override
  public void probabilities(Heads heads, Buffer q, Buffer k, Masks masks, Buffer p) {
    requireSize(heads);
    HeadMatrices queries = vectors(heads, heads.queries());
    HeadMatrices keys = vectors(heads, heads.keys());
    multiply(heads.scale(), queries, q, keys.transposed(), k, scores(heads), p);
    rows.fillMasked(heads, masks, p, -1e9f);
    norm.softmax(p, p, rowCount(heads), heads.keys());
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
    probabilities(heads, q, k, masks, saved);
    HeadMatrices values = vectors(heads, heads.keys());
    HeadMatrices outputs = vectors(heads, heads.queries());
    if (dropout.isNone()) {
      multiply(1, scores(heads), saved, values, v, outputs, out);
      return;
    }
    try (OffHeapBuffer dropped = memory.allocate(DType.F32, savedLength(heads))) {
      rows.drop(heads, dropout, saved, dropped);
      multiply(1, scores(heads), dropped, values, v, outputs, out);
    }
  }

  @Override
  public void backward(
      Heads heads,
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
    requireSize(heads);
    HeadMatrices square = scores(heads);
    HeadMatrices queries = vectors(heads, heads.queries());
    HeadMatrices keys = vectors(heads, heads.keys());
    try (OffHeapBuffer ds = memory.allocate(DType.F32, savedLength(heads))) {
      multiply(1, queries, dout, keys.transposed(), v, square, ds);
      if (dropout.isNone()) {
        multiply(1, square.transposed(), saved, queries, dout, keys, dv);
        norm.softmaxGrad(saved, ds, ds, rowCount(heads), heads.keys());
      } else {
        try (OffHeapBuffer dropped = memory.allocate(DType.F32, savedLength(heads))) {
          rows.softmaxDropoutGrad(heads, dropout, saved, dropped, ds);
          multiply(1, square.transposed(), dropped, queries, dout, keys, dv);
        }
      }
      rows.fillMasked(heads, masks, ds, 0f);
      multiply(heads.scale(), square, ds, keys, k, queries, dq);
      multiply(heads.scale(), square.transposed(), ds, queries, q, keys, dk);
    }
  }
}
