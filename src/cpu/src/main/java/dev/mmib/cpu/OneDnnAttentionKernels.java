package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.NormKernels;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;

/**
 * Attention made of batched products by oneDNN, which reads and writes the heads where they lie.
 *
 * <p>Leaves P [batch, heads, queries, keys] in {@code saved}, negative where dropout struck.
 */
final class OneDnnAttentionKernels implements AttentionKernels {

  private final OneDnn oneDnn;
  private final NormKernels norm;
  private final AttentionRows rows;

  OneDnnAttentionKernels(OneDnn oneDnn, NormKernels norm, Workers workers) {
    this.oneDnn = oneDnn;
    this.norm = norm;
    this.rows = new AttentionRows(workers);
  }

  /** The products of the contract, in its symbols. */
  private enum Step {
    /** {@code S = scale · Q Kᵀ}. */
    SCORES,
    /** {@code out = D V}. */
    OUT,
    /** {@code dV = Dᵀ dout}. */
    DV,
    /** {@code dD = dout Vᵀ}. */
    DD,
    /** {@code dQ = scale · dS K}. */
    DQ,
    /** {@code dK = scale · dSᵀ Q}. */
    DK
  }

  private record Key(Step step, Heads heads) {}

  private Plan plan(Step step, Heads heads) {
    return oneDnn.plan(new Key(step, heads), builder -> compose(builder, step, heads));
  }

  private static void compose(Plan.Builder plan, Step step, Heads h) {
    switch (step) {
      case SCORES ->
          product(
              plan, byHead(plan, h, h.queries()), turned(plan, h, h.keys()), square(plan, h), h);
      case OUT ->
          product(plan, square(plan, h), byHead(plan, h, h.keys()), byHead(plan, h, h.queries()));
      case DV ->
          product(
              plan, turnedSquare(plan, h), byHead(plan, h, h.queries()), byHead(plan, h, h.keys()));
      case DD ->
          product(plan, byHead(plan, h, h.queries()), turned(plan, h, h.keys()), square(plan, h));
      case DQ ->
          product(
              plan, square(plan, h), byHead(plan, h, h.keys()), byHead(plan, h, h.queries()), h);
      case DK ->
          product(
              plan,
              turnedSquare(plan, h),
              byHead(plan, h, h.queries()),
              byHead(plan, h, h.keys()),
              h);
    }
  }

  /** [batch, heads, length, headDim] inside [batch, length, width]. */
  private static memory.desc byHead(Plan.Builder plan, Heads h, int length) {
    return plan.strided(
        new long[] {h.batch(), h.heads(), length, h.headDim()},
        new long[] {(long) length * h.width(), h.headDim(), h.width(), 1});
  }

  /** [batch, heads, headDim, length] inside [batch, length, width]. */
  private static memory.desc turned(Plan.Builder plan, Heads h, int length) {
    return plan.strided(
        new long[] {h.batch(), h.heads(), h.headDim(), length},
        new long[] {(long) length * h.width(), h.headDim(), 1, h.width()});
  }

  /** [batch, heads, queries, keys]. */
  private static memory.desc square(Plan.Builder plan, Heads h) {
    return plan.dense(h.batch(), h.heads(), h.queries(), h.keys());
  }

  /** [batch, heads, keys, queries] of {@link #square}. */
  private static memory.desc turnedSquare(Plan.Builder plan, Heads h) {
    long one = (long) h.queries() * h.keys();
    return plan.strided(
        new long[] {h.batch(), h.heads(), h.keys(), h.queries()},
        new long[] {h.heads() * one, one, 1, h.keys()});
  }

  private static void product(
      Plan.Builder plan, memory.desc a, memory.desc b, memory.desc c, Heads scaled) {
    primitive_attr attributes = plan.attributes();
    post_ops after = plan.keep(new post_ops());
    after.append_eltwise(dnnl.algorithm.eltwise_linear, (float) scaled.scale(), 0);
    attributes.set_post_ops(after);
    product(plan, a, b, c, attributes);
  }

  private static void product(Plan.Builder plan, memory.desc a, memory.desc b, memory.desc c) {
    product(plan, a, b, c, plan.attributes());
  }

  private static void product(
      Plan.Builder plan, memory.desc a, memory.desc b, memory.desc c, primitive_attr attributes) {
    var desc = new matmul.primitive_desc(plan.engine(), a, b, c, attributes, false);
    plan.step(
        desc,
        new matmul(desc),
        dnnl.DNNL_ARG_SRC,
        plan.slot(a),
        dnnl.DNNL_ARG_WEIGHTS,
        plan.slot(b),
        dnnl.DNNL_ARG_DST,
        plan.slot(c));
  }

  private static boolean empty(Heads h) {
    return squareLength(h) == 0 || h.headDim() == 0;
  }

  private static int squareLength(Heads h) {
    return Math.multiplyExact(
        Math.multiplyExact(Math.multiplyExact(h.batch(), h.heads()), h.queries()), h.keys());
  }

  @Override
  public int savedLength(Heads heads) {
    return squareLength(heads);
  }

  @Override
  public void probabilities(Heads heads, Buffer q, Buffer k, Masks masks, Buffer p) {
    if (empty(heads)) {
      throw noSize(heads);
    }
    plan(Step.SCORES, heads).run(q, k, p);
    rows.fillMasked(heads, masks, p, -1e9f);
    norm.softmax(p, p, heads.batch() * heads.heads() * heads.queries(), heads.keys());
  }

  private static IllegalArgumentException noSize(Heads heads) {
    return new IllegalArgumentException(
        "attention: sizes, " + heads + " vs at least 1 each: leave empty batches out");
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
    if (dropout.isNone()) {
      plan(Step.OUT, heads).run(saved, v, out);
      return;
    }
    try (OffHeapBuffer dropped = oneDnn.memory().allocate(DType.F32, squareLength(heads))) {
      rows.drop(heads, dropout, saved, dropped);
      plan(Step.OUT, heads).run(dropped, v, out);
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
    if (empty(heads)) {
      throw noSize(heads);
    }
    int length = squareLength(heads);
    try (OffHeapBuffer ds = oneDnn.memory().allocate(DType.F32, length)) {
      plan(Step.DD, heads).run(dout, v, ds);
      if (dropout.isNone()) {
        plan(Step.DV, heads).run(saved, dout, dv);
        int count = heads.batch() * heads.heads() * heads.queries();
        norm.softmaxGrad(saved, ds, ds, count, heads.keys());
      } else {
        try (OffHeapBuffer dropped = oneDnn.memory().allocate(DType.F32, length)) {
          rows.softmaxDropoutGrad(heads, dropout, saved, dropped, ds);
          plan(Step.DV, heads).run(dropped, dout, dv);
        }
      }
      rows.fillMasked(heads, masks, ds, 0f);
      plan(Step.DQ, heads).run(ds, k, dq);
      plan(Step.DK, heads).run(ds, q, dk);
    }
  }
}
