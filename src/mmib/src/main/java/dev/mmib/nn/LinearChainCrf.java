package dev.mmib.nn;

import dev.mmib.op.Crf;
import dev.mmib.tensor.Tensor;

/**
 * The parameters of a linear-chain conditional random field.
 *
 * @param transitions [tags, tags], from row to column
 * @param start [tags]
 * @param end [tags]
 */
public record LinearChainCrf(Tensor transitions, Tensor start, Tensor end) {

  public static LinearChainCrf of(Parameters at, int tags) {
    var fresh = Initializer.uniform(-0.1, 0.1);
    return new LinearChainCrf(
        at.add("transitions", fresh, tags, tags),
        at.add("start_transitions", fresh, tags),
        at.add("end_transitions", fresh, tags));
  }

  /** log p(tags) per sequence, [batch]. */
  public Tensor logLikelihood(Tensor emissions, Tensor lengths, Tensor tags) {
    return Crf.logLikelihood(emissions, lengths, tags, transitions, start, end);
  }

  /** The {@code k} best tag sequences. */
  public Crf.BestPaths best(Tensor emissions, Tensor lengths, int k) {
    return Crf.best(emissions, lengths, transitions, start, end, k);
  }
}
