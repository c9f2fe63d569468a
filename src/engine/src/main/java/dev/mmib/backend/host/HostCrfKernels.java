package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.CrfKernels;
import java.util.Arrays;

/** The conditional random field in plain Java, one sequence at a time. */
public final class HostCrfKernels implements CrfKernels {

  private final Workers workers;

  public HostCrfKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void logLikelihood(Chain chain, Buffer tags, Buffer out) {
    var potentials = new CrfPotentials(chain);
    var gold = HostBuffer.ints(tags);
    var results = HostBuffer.floats(out);
    workers.forEach(
        chain.batch(),
        1,
        (from, to) -> {
          for (int b = from; b < to; b++) {
            var sequence = new CrfSequence(potentials, b);
            var path = new int[sequence.length()];
            gold.get(b * chain.tokens(), path, 0, path.length);
            results.put(b, (float) (sequence.score(path) - sequence.logPartition()));
          }
        });
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
    var potentials = new CrfPotentials(chain);
    var gold = HostBuffer.ints(tags);
    var weights = HostBuffer.floats(dout);
    var emissionGradients = HostBuffer.floats(demissions);
    int stride = chain.tokens() * chain.tags();
    var counts = new CrfSequence.Counts[chain.batch()];
    workers.forEach(
        chain.batch(),
        1,
        (from, to) -> {
          for (int b = from; b < to; b++) {
            var sequence = new CrfSequence(potentials, b);
            var path = new int[sequence.length()];
            gold.get(b * chain.tokens(), path, 0, path.length);
            counts[b] = sequence.gradient(path, weights.get(b));
            emissionGradients.put(b * stride, padded(counts[b].emissions, stride), 0, stride);
          }
        });
    // Summed in the order of the batch, so that the number of threads does not matter.
    var transitions = new double[chain.tags() * chain.tags()];
    var start = new double[chain.tags()];
    var end = new double[chain.tags()];
    for (var count : counts) {
      // A start score counts as often as the tag is first, an end score as often as it is last.
      add(count.transitions, 0, transitions);
      add(count.emissions, 0, start);
      add(count.emissions, count.emissions.length - end.length, end);
    }
    write(transitions, dtransitions);
    write(start, dstart);
    write(end, dend);
  }

  private static float[] padded(double[] values, int length) {
    var padded = new float[length];
    for (int i = 0; i < values.length; i++) {
      padded[i] = (float) values[i];
    }
    return padded;
  }

  private static void add(double[] x, int from, double[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += x[from + i];
    }
  }

  private static void write(double[] from, Buffer to) {
    HostBuffer.floats(to).put(0, padded(from, from.length), 0, from.length);
  }

  @Override
  public void marginals(Chain chain, Buffer p) {
    var potentials = new CrfPotentials(chain);
    var results = HostBuffer.floats(p);
    int stride = chain.tokens() * chain.tags();
    workers.forEach(
        chain.batch(),
        1,
        (from, to) -> {
          for (int b = from; b < to; b++) {
            var marginals = new CrfSequence(potentials, b).marginals();
            results.put(b * stride, padded(marginals, stride), 0, stride);
          }
        });
  }

  @Override
  public void best(Chain chain, int k, Buffer paths, Buffer scores) {
    var potentials = new CrfPotentials(chain);
    var allPaths = HostBuffer.ints(paths);
    var allScores = HostBuffer.floats(scores);
    int tokens = chain.tokens();
    workers.forEach(
        chain.batch(),
        1,
        (from, to) -> {
          for (int b = from; b < to; b++) {
            var search = new CrfSearch(new CrfSequence(potentials, b), k);
            for (int rank = 0; rank < k; rank++) {
              var path = new int[tokens];
              Arrays.fill(path, -1);
              allScores.put(b * k + rank, (float) search.path(rank, path));
              allPaths.put((b * k + rank) * tokens, path, 0, tokens);
            }
          }
        });
  }
}
