package dev.mmib.op;

import dev.mmib.backend.kernel.CrfKernels.Chain;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;

/**
 * The linear-chain conditional random field over B sequences of K tags.
 *
 * <pre>
 *   score(y) = start[y₁] + Σ emissions[t, y_t] + Σ transitions[y_{t−1}, y_t] + end[y_n]
 *   log p(y) = score(y) − log Σ_y′ exp score(y′)
 *
 *   demissions[t, k]  = [y_t = k] − P(y_t = k)            times dy of the sequence
 *   dtransitions[i,j] = Σ_t [y_{t−1} = i, y_t = j] − P(y_{t−1} = i, y_t = j)
 *   dstart[k]         = [y₁ = k] − P(y₁ = k)              dend[k] = [y_n = k] − P(y_n = k)
 * </pre>
 *
 * Shapes everywhere: emissions [B, L, K]; lengths I32 [B], 1 to L; transitions [K, K], from row to
 * column; start and end [K]. What stands past a sequence's length has no influence.
 */
public final class Crf {

  private Crf() {}

  /**
   * The log-likelihood of given tags.
   *
   * @param tags I32 [B, L], each from 0 and below K up to the sequence's length, arbitrary past it
   * @return [B]
   */
  public static Tensor logLikelihood(
      Tensor emissions, Tensor lengths, Tensor tags, Tensor transitions, Tensor start, Tensor end) {
    var chain = chain("crf.logLikelihood", emissions, lengths, transitions, start, end);
    requireTags(chain, lengths, tags);
    var scope = Scope.current();
    var out = scope.allocate(Shape.of(chain.batch()));
    scope.backend().crf().logLikelihood(chain, tags.buffer(), out.buffer());
    return Tape.recordJointly(
        "crf.logLikelihood",
        out,
        Arrays.asList(emissions, transitions, start, end),
        needed ->
            dout -> {
              var inner = Scope.current();
              var demissions = inner.allocate(emissions.shape());
              var dtransitions = inner.allocate(transitions.shape());
              var dstart = inner.allocate(start.shape());
              var dend = inner.allocate(end.shape());
              inner
                  .backend()
                  .crf()
                  .logLikelihoodGrad(
                      chain,
                      tags.buffer(),
                      dout.buffer(),
                      demissions.buffer(),
                      dtransitions.buffer(),
                      dstart.buffer(),
                      dend.buffer());
              return Arrays.asList(
                  needed[0] ? demissions : null,
                  needed[1] ? dtransitions : null,
                  needed[2] ? dstart : null,
                  needed[3] ? dend : null);
            });
  }

  /**
   * P(y_t = k) under all tag sequences; 0 past a sequence's length. Has no derivative.
   *
   * @return [B, L, K]
   */
  public static Tensor marginals(
      Tensor emissions, Tensor lengths, Tensor transitions, Tensor start, Tensor end) {
    var chain = chain("crf.marginals", emissions, lengths, transitions, start, end);
    var p = Scope.current().allocate(emissions.shape());
    Scope.current().backend().crf().marginals(chain, p.buffer());
    return Tape.forwardOnly("crf.marginals", p, emissions, transitions, start, end);
  }

  /**
   * The best tag sequences, best first; of equal ones the one first whose tag is lower at the last
   * position where they differ.
   *
   * @param paths I32 [B, k, L], −1 past a sequence's length and where there are fewer than k
   * @param scores [B, k], not normalized; −∞ where there are fewer than k
   */
  public record BestPaths(Tensor paths, Tensor scores) {}

  /** The {@code k} sequences of highest score; k = 1 is Viterbi's. Has no derivative. */
  public static BestPaths best(
      Tensor emissions, Tensor lengths, Tensor transitions, Tensor start, Tensor end, int k) {
    Checks.require(k >= 1, "crf.best", "number of paths", k, "1 or more");
    var chain = chain("crf.best", emissions, lengths, transitions, start, end);
    var scope = Scope.current();
    var paths = scope.allocateInts(Shape.of(chain.batch(), k, chain.tokens()));
    var scores = scope.allocate(Shape.of(chain.batch(), k));
    scope.backend().crf().best(chain, k, paths.buffer(), scores.buffer());
    Tape.forwardOnly("crf.best", scores, emissions, transitions, start, end);
    return new BestPaths(paths, scores);
  }

  private static Chain chain(
      String op, Tensor emissions, Tensor lengths, Tensor transitions, Tensor start, Tensor end) {
    Checks.requireRank(op, "emissions", emissions, 3);
    int batch = emissions.shape().dim(0);
    int tokens = emissions.shape().dim(1);
    int tags = emissions.shape().dim(2);
    Checks.requireShape(op, "transitions", transitions, Shape.of(tags, tags));
    Checks.requireShape(op, "start", start, Shape.of(tags));
    Checks.requireShape(op, "end", end, Shape.of(tags));
    Checks.requireInts(op, "lengths", lengths, Shape.of(batch));
    for (int length : lengths.toInts()) {
      if (length < 1 || length > tokens) {
        throw Checks.refused(op, "length out of range", length, "1 to " + tokens);
      }
    }
    return new Chain(
        batch,
        tokens,
        tags,
        emissions.buffer(),
        lengths.buffer(),
        transitions.buffer(),
        start.buffer(),
        end.buffer());
  }

  private static void requireTags(Chain chain, Tensor lengths, Tensor tags) {
    var op = "crf.logLikelihood";
    Checks.requireInts(op, "tags", tags, Shape.of(chain.batch(), chain.tokens()));
    var ends = lengths.toInts();
    var values = tags.toInts();
    for (int b = 0; b < ends.length; b++) {
      for (int t = 0; t < ends[b]; t++) {
        int tag = values[b * chain.tokens() + t];
        if (tag < 0 || tag >= chain.tags()) {
          var what = "tag out of range in sequence " + b + " at " + t;
          throw Checks.refused(op, what, tag, "0 to " + (chain.tags() - 1));
        }
      }
    }
  }
}
