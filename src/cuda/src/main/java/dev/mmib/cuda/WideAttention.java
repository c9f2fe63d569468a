package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.Dropout;

/** Attention with heads of any size, plainly: P is kept in memory. */
final class WideAttention implements AttentionVariant {

  private static final int THREADS = 128;

  private final CudaStream stream;
  private final Kernel probabilities;
  private final Kernel dscores;
  private final Kernel weighted;

  WideAttention(CudaStream stream) {
    this.stream = stream;
    probabilities = stream.kernel("attention_wide", "attention_wide_probabilities");
    dscores = stream.kernel("attention_wide", "attention_wide_dscores");
    weighted = stream.kernel("attention_wide", "attention_wide_weighted");
  }

  @Override
  public int savedLength(Heads heads) {
    return heads.probabilities();
  }

  @Override
  public void forward(AttentionInputs inputs, Buffer out, Buffer saved) {
    probabilities(inputs.heads(), inputs.q(), inputs.k(), inputs.masks(), saved);
    weigh(inputs.heads(), saved, inputs.dropout(), inputs.v(), out, false);
  }

  void probabilities(Heads heads, Buffer q, Buffer k, Masks masks, Buffer p) {
    probabilities.in(q).in(k).inOrNull(masks.keys()).inOrNull(masks.queries()).out(p);
    AttentionInputs.sizes(heads, probabilities)
        .launch(AttentionInputs.blocks(heads, heads.queries(), 1), THREADS);
  }

  /** y = dropout(w) · x of each head, or dropout(w)ᵀ · x. */
  private void weigh(
      Heads heads, Buffer w, Dropout dropout, Buffer x, Buffer y, boolean transposed) {
    int rows = transposed ? heads.keys() : heads.queries();
    weighted
        .in(w)
        .dropout(dropout)
        .in(x)
        .out(y)
        .value(heads.heads())
        .value(heads.queries())
        .value(heads.keys())
        .value(heads.headDim())
        .value(transposed ? 1 : 0)
        .launch(AttentionInputs.blocks(heads, rows, 1), THREADS);
  }

  @Override
  public void backward(
      AttentionInputs inputs,
      Buffer out,
      Buffer saved,
      Buffer dout,
      Buffer dq,
      Buffer dk,
      Buffer dv) {
    var heads = inputs.heads();
    try (var ds = stream.scratch(DType.F32, heads.probabilities())) {
      dscores
          .in(inputs.v())
          .inOrNull(inputs.masks().keys())
          .inOrNull(inputs.masks().queries())
          .dropout(inputs.dropout())
          .in(saved)
          .in(dout)
          .out(ds);
      AttentionInputs.sizes(heads, dscores)
          .launch(AttentionInputs.blocks(heads, heads.queries(), 1), THREADS);
      weigh(heads, ds, Dropout.NONE, inputs.k(), dq, false);
      weigh(heads, ds, Dropout.NONE, inputs.q(), dk, true);
      weigh(heads, saved, inputs.dropout(), dout, dv, true);
    }
  }
}
