package dev.mmib.backend.sizing;

import static dev.mmib.backend.sizing.SizeBuffer.requireOpen;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.CrfKernels;
import dev.mmib.backend.kernel.CrfKernels.Chain;

/** Conditional random fields of sizes. */
final class SizingCrfKernels implements CrfKernels {

  @Override
  public void logLikelihood(Chain chain, Buffer tags, Buffer out) {
    requireOpen(tags, out);
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
    requireOpen(tags, dout, demissions, dtransitions, dstart, dend);
  }

  @Override
  public void marginals(Chain chain, Buffer p) {
    requireOpen(p);
  }

  @Override
  public void best(Chain chain, int k, Buffer paths, Buffer scores) {
    requireOpen(paths, scores);
  }
}
