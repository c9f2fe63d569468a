package dev.mmib.backend;

import dev.mmib.backend.Bench.Twin;
import dev.mmib.backend.kernel.CrfKernels.Chain;
import org.junit.jupiter.api.Test;

/** The conditional random field against the reference. */
public interface CrfContract extends KernelContract {

  @Test
  default void sumsOverPathsOfAnyLength() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        chains(bench, 3, n, 4, 1);
        chains(bench, n, 5, 3, 1);
      }
    }
  }

  @Test
  default void sumsOverAnyNumberOfTags() {
    try (var bench = bench()) {
      for (int n : new int[] {1, 3, 13, 31, 32, 33, 127}) {
        chains(bench, 2, 4, n, 1);
      }
      chains(bench, 1, 2, 1025, 1);
    }
  }

  @Test
  default void staysExactWithHugeScores() {
    try (var bench = bench()) {
      chains(bench, 4, 31, 13, 1e4);
    }
  }

  private static void chains(Bench bench, int batch, int tokens, int tags, double magnitude) {
    var lengths = bench.ints(batch, 1, tokens + 1);
    var emissions = bench.uniform(batch * tokens * tags, -magnitude, magnitude);
    var transitions = bench.uniform(tags * tags, -magnitude, magnitude);
    var start = bench.uniform(tags, -magnitude, magnitude);
    var end = bench.uniform(tags, -magnitude, magnitude);
    var gold = bench.ints(batch * tokens, 0, tags);
    var size = new Sizes(batch, tokens, tags);
    sums(bench, size, lengths, emissions, transitions, start, end, gold);
    for (int k : new int[] {1, 5}) {
      best(bench, size, k, lengths, emissions, transitions, start, end);
    }
  }

  /** Scores are small whole numbers, so that many paths are equally good. */
  @Test
  default void breaksTiesAlike() {
    try (var bench = bench()) {
      for (var size : new Sizes[] {new Sizes(3, 6, 4), new Sizes(2, 9, 33), new Sizes(5, 4, 2)}) {
        int tags = size.tags();
        var lengths = bench.ints(size.batch(), 2, size.tokens() + 1);
        var emissions = wholes(bench, size.batch() * size.tokens() * tags);
        var transitions = wholes(bench, tags * tags);
        var start = wholes(bench, tags);
        var end = wholes(bench, tags);
        for (int k : new int[] {1, 2, 7}) {
          best(bench, size, k, lengths, emissions, transitions, start, end);
        }
      }
    }
  }

  private static Twin wholes(Bench bench, int n) {
    var values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = bench.random().nextInt(2);
    }
    return bench.floats(values);
  }

  private static void best(
      Bench bench,
      Sizes size,
      int k,
      Twin lengths,
      Twin emissions,
      Twin transitions,
      Twin start,
      Twin end) {
    var paths = bench.ints(new int[size.batch() * k * size.tokens()]);
    var scores = bench.floats(size.batch() * k);
    bench.each(
        d ->
            d.crf()
                .best(
                    size.on(d, emissions, lengths, transitions, start, end),
                    k,
                    paths.on(d),
                    scores.on(d)));
    bench.assertSameInts(paths, k + " best of " + size);
    bench.assertClose(scores, k + " scores of " + size);
  }

  private static void sums(
      Bench bench,
      Sizes size,
      Twin lengths,
      Twin emissions,
      Twin transitions,
      Twin start,
      Twin end,
      Twin gold) {
    int elements = size.batch() * size.tokens() * size.tags();
    var out = bench.floats(size.batch());
    var p = bench.floats(elements);
    var dout = bench.uniform(size.batch());
    var demissions = bench.floats(elements);
    var dtransitions = bench.floats(size.tags() * size.tags());
    var dstart = bench.floats(size.tags());
    var dend = bench.floats(size.tags());
    bench.each(
        d -> {
          var chain = size.on(d, emissions, lengths, transitions, start, end);
          d.crf().logLikelihood(chain, gold.on(d), out.on(d));
          d.crf().marginals(chain, p.on(d));
          d.crf()
              .logLikelihoodGrad(
                  chain,
                  gold.on(d),
                  dout.on(d),
                  demissions.on(d),
                  dtransitions.on(d),
                  dstart.on(d),
                  dend.on(d));
        });
    bench.assertClose(out, "log-likelihood of " + size);
    bench.assertWithin(p, 1e-5, 1e-7, "marginals of " + size);
    bench.assertWithin(demissions, 1e-5, 1e-7, "demissions of " + size);
    bench.assertWithin(dtransitions, 1e-5, 1e-6, "dtransitions of " + size);
    bench.assertWithin(dstart, 1e-5, 1e-6, "dstart of " + size);
    bench.assertWithin(dend, 1e-5, 1e-6, "dend of " + size);
  }

  /** Extents of a batch of chains. */
  record Sizes(int batch, int tokens, int tags) {

    private Chain on(
        Backend d, Twin emissions, Twin lengths, Twin transitions, Twin start, Twin end) {
      return new Chain(
          batch,
          tokens,
          tags,
          emissions.on(d),
          lengths.on(d),
          transitions.on(d),
          start.on(d),
          end.on(d));
    }
  }
}
