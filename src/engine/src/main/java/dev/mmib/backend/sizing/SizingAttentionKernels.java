package dev.mmib.backend.sizing;

import static dev.mmib.backend.sizing.SizeBuffer.requireOpen;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.Dropout;

/** Attention of sizes; how much is kept for the way back is told by the device. */
final class SizingAttentionKernels implements AttentionKernels {

  private final AttentionKernels device;

  SizingAttentionKernels(AttentionKernels device) {
    this.device = device;
  }

  @Override
  public int savedLength(Heads heads) {
    return device.savedLength(heads);
  }

  @Override
  public int scratchLength(Heads heads) {
    return device.scratchLength(heads);
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
    requireOpen(q, k, v, out, saved);
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
    requireOpen(q, k, v, out, saved, dout, dq, dk, dv);
  }

  @Override
  public void probabilities(Heads heads, Buffer q, Buffer k, Masks masks, Buffer p) {
    requireOpen(q, k, p);
  }
}
