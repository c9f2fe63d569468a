package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.Dropout;

public final class HostAttentionKernels implements AttentionKernels {
  private final Workers workers;

  public HostAttentionKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public int savedLength(Heads heads) {
    throw new UnsupportedOperationException("Attention");
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
    throw new UnsupportedOperationException("Attention");
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
    throw new UnsupportedOperationException("Attention");
  }

  @Override
  public void probabilities(Heads heads, Buffer q, Buffer k, Masks masks, Buffer p) {
    throw new UnsupportedOperationException("Attention");
  }
}
