package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;

/**
 * The linear-chain conditional random field; recursions in log space and double precision.
 *
 * <pre>
 *   score(y) = start[y₁] + Σ emissions[t, y_t] + Σ transitions[y_{t−1}, y_t] + end[y_n]
 *   log p(y) = score(y) − log Σ_y′ exp score(y′)
 * </pre>
 *
 * Outputs are overwritten; positions past a sequence's length have no influence and gradient 0.
 */
public interface CrfKernels {

  /**
   * A batch and the parameters.
   *
   * @param emissions [batch, tokens, tags]
   * @param lengths I32 [batch], each from 1 to tokens
   * @param transitions [tags, tags], from row to column
   * @param start [tags]
   * @param end [tags]
   */
  record Chain(
      int batch,
      int tokens,
      int tags,
      Buffer emissions,
      Buffer lengths,
      Buffer transitions,
      Buffer start,
      Buffer end) {}

  /** {@code out[b] = log p(tags[b])}; {@code tags} is I32 [batch, tokens]. */
  void logLikelihood(Chain chain, Buffer tags, Buffer out);

  /** Gradients of {@code Σ_b dout[b] · log p(tags[b])}: observed minus expected counts. */
  void logLikelihoodGrad(
      Chain chain,
      Buffer tags,
      Buffer dout,
      Buffer demissions,
      Buffer dtransitions,
      Buffer dstart,
      Buffer dend);

  /** {@code p[b, t, k]} = P(y_t = k), 0 past the end. */
  void marginals(Chain chain, Buffer p);

  /**
   * The {@code k} best tag sequences, best first; k = 1 is Viterbi.
   *
   * @param paths I32 [batch, k, tokens], −1 past the end; rows beyond the number of sequences are
   *     −1
   * @param scores [batch, k]; −∞ for such rows
   */
  void best(Chain chain, int k, Buffer paths, Buffer scores);
}
