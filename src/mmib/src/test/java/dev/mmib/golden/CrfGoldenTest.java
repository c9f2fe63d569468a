package dev.mmib.golden;

import static dev.mmib.op.Arithmetic.scale;
import static dev.mmib.op.Reduction.mean;
import static dev.mmib.op.Reduction.sum;

import dev.mmib.golden.GoldenRun.Context;
import dev.mmib.op.Crf;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The conditional random field against pytorch-crf: likelihood, gradients, best path. */
class CrfGoldenTest {

  @TestFactory
  Stream<DynamicTest> agreesWithPytorchCrf() {
    return Golden.orSkipped(
        () ->
            Golden.jsonFiles(Golden.require("crf")).stream()
                .map(GoldenFile::load)
                .flatMap(file -> GoldenRun.tests(file, c -> CrfGoldenTest::crf)));
  }

  private static void crf(Context c) {
    var emissions = c.in("emissions");
    int batch = emissions.shape().dim(0);
    int tokens = emissions.shape().dim(1);
    var sizes = lengths(c, batch, tokens);
    var lengths = Scope.current().ints(Shape.of(batch), sizes);
    var transitions = c.in("transitions");
    var start = c.in("start_transitions");
    var end = c.in("end_transitions");
    Tensor llh = Crf.logLikelihood(emissions, lengths, c.in("tags"), transitions, start, end);
    c.out("llh_none", llh).out("llh_sum", sum(llh)).out("llh_mean", mean(llh));
    c.out("llh_token_mean", scale(sum(llh), 1.0 / Arrays.stream(sizes).sum()));
    c.loss(scale(mean(llh), -1));
    if (!c.isForGradients()) {
      var best = Crf.best(emissions, lengths, transitions, start, end, 1);
      c.out("viterbi", best.paths());
    }
  }

  /** The number of ones in every row of the mask; all tokens where there is none. */
  private static int[] lengths(Context c, int batch, int tokens) {
    var lengths = new int[batch];
    Arrays.fill(lengths, tokens);
    if (c.golden().hasIn("mask")) {
      var mask = c.golden().in("mask").ints();
      for (int b = 0; b < batch; b++) {
        lengths[b] = Arrays.stream(mask, b * tokens, (b + 1) * tokens).sum();
      }
    }
    return lengths;
  }
}
