package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.CrfKernels;

public final class HostCrfKernels implements CrfKernels {
  private final Workers workers;

  public HostCrfKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void logLikelihood(Chain chain, Buffer tags, Buffer out) {
    throw new UnsupportedOperationException("Crf");
  }

  @Override
  public void logLikelihoodGrad(
      Chain chain,
      Buffer tags,
      Buffer dout,
      Buffer demissions,
      Buffer dtransitions,
      Buffer dstart,
      Buffer dend) {
    throw new UnsupportedOperationException("Crf");
  }

  @Override
  public void marginals(Chain chain, Buffer p) {
    throw new UnsupportedOperationException("Crf");
  }

  @Override
  public void best(Chain chain, int k, Buffer paths, Buffer scores) {
    throw new UnsupportedOperationException("Crf");
  }
}
