package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.CrfKernels;
import java.nio.FloatBuffer;
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
            double score = sequence.score(gold, b * chain.tokens());
            results.put(b, (float) (score - sequence.logPartition()));
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
    int width = chain.tags();
    // Of each sequence: gradients of the transitions, of its first emissions and of its last.
    int size = width * width + 2 * width;
    var all = new double[chain.batch() * size];
    workers.forEach(
        chain.batch(),
        1,
        (from, to) -> {
          for (int b = from; b < to; b++) {
            var sequence = new CrfSequence(potentials, b);
            var gradient =
                sequence.gradient(gold, b * chain.tokens(), weights.get(b), all, b * size);
            int n = sequence.length() * width;
            write(gradient, n, emissionGradients, b * stride, stride);
            System.arraycopy(gradient, 0, all, b * size + width * width, width);
            System.arraycopy(gradient, n - width, all, (b + 1) * size - width, width);
          }
        });
    // A start score counts as often as the tag is first, an end score as often as it is last.
    sum(all, size, 0, width * width, dtransitions);
    sum(all, size, width * width, width, dstart);
    sum(all, size, width * width + width, width, dend);
  }

  /** Writes {@code n} numbers, and zeros after them up to {@code length}. */
  private static void write(double[] from, int n, FloatBuffer to, int at, int length) {
    var row = Scratch.floats(0, length);
    for (int i = 0; i < n; i++) {
      row[i] = (float) from[i];
    }
    Arrays.fill(row, n, length, 0);
    to.put(at, row, 0, length);
  }

  /** Sums parts of sequences in the order of the batch, whatever the number of threads. */
  private static void sum(double[] all, int size, int from, int length, Buffer to) {
    var sums = HostBuffer.floats(to);
    for (int i = 0; i < length; i++) {
      double sum = 0;
      for (int at = from + i; at < all.length; at += size) {
        sum += all[at];
      }
      sums.put(i, (float) sum);
    }
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
            var sequence = new CrfSequence(potentials, b);
            int n = sequence.length() * chain.tags();
            write(sequence.marginals(), n, results, b * stride, stride);
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
