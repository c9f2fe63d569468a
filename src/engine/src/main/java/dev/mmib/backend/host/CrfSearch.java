package dev.mmib.backend.host;

/**
 * The k best paths of one sequence: Viterbi's recursion with k candidates per position and tag.
 *
 * <p>Of paths with equal scores the one comes first whose tag is lower at the last position where
 * they differ.
 */
final class CrfSearch {

  private final CrfSequence sequence;
  private final int tags;
  private final int k;
  private final Candidates[][] lattice; // [length][tags]
  private final Candidates whole;

  CrfSearch(CrfSequence sequence, int k) {
    this.sequence = sequence;
    this.tags = sequence.tags();
    this.k = k;
    this.lattice = new Candidates[sequence.length()][tags];
    var potentials = sequence.potentials();
    for (int j = 0; j < tags; j++) {
      lattice[0][j] = new Candidates(1);
      lattice[0][j].offer(potentials.start(j) + sequence.emission(0, j), -1, 0);
    }
    for (int t = 1; t < lattice.length; t++) {
      for (int j = 0; j < tags; j++) {
        lattice[t][j] = best(t, j);
      }
    }
    whole = new Candidates(capacity(lattice[lattice.length - 1]));
    for (int j = 0; j < tags; j++) {
      extend(lattice[lattice.length - 1][j], j, potentials.end(j), whole);
    }
  }

  private Candidates best(int t, int tag) {
    var found = new Candidates(capacity(lattice[t - 1]));
    double emission = sequence.emission(t, tag);
    for (int i = 0; i < tags; i++) {
      extend(lattice[t - 1][i], i, sequence.potentials().transition(i, tag) + emission, found);
    }
    return found;
  }

  /** There may be fewer paths than k: room for more would be wasted. */
  private int capacity(Candidates[] before) {
    long paths = 0;
    for (var candidates : before) {
      paths += candidates.count;
    }
    return (int) Math.min(k, paths);
  }

  private static void extend(Candidates before, int tag, double score, Candidates found) {
    for (int rank = 0; rank < before.count; rank++) {
      if (!found.offer(before.scores[rank] + score, tag, rank)) {
        return; // the following ones score less
      }
    }
  }

  /** Fills {@code path} with the path of that rank; returns its score, or −∞ if there is none. */
  double path(int rank, int[] path) {
    if (rank >= whole.count) {
      return Double.NEGATIVE_INFINITY;
    }
    int tag = whole.tags[rank];
    int at = whole.ranks[rank];
    for (int t = lattice.length - 1; t >= 0; t--) {
      path[t] = tag;
      var candidates = lattice[t][tag];
      tag = candidates.tags[at];
      at = candidates.ranks[at];
    }
    return whole.scores[rank];
  }

  /** The best few of the paths offered, best first, each known by the state it comes from. */
  private static final class Candidates {
    private final double[] scores;
    private final int[] tags;
    private final int[] ranks;
    private int count;

    Candidates(int capacity) {
      scores = new double[capacity];
      tags = new int[capacity];
      ranks = new int[capacity];
    }

    /** Takes a path in, behind those with the same score; says whether there was room for it. */
    boolean offer(double score, int tag, int rank) {
      // This order also has a place for NaN, the first: bad scores lead to paths with bad scores.
      int at = count;
      while (at > 0 && Double.compare(score, scores[at - 1]) > 0) {
        at--;
      }
      if (at == scores.length) {
        return false;
      }
      count = Math.min(count + 1, scores.length);
      int moved = count - 1 - at;
      System.arraycopy(scores, at, scores, at + 1, moved);
      System.arraycopy(tags, at, tags, at + 1, moved);
      System.arraycopy(ranks, at, ranks, at + 1, moved);
      scores[at] = score;
      tags[at] = tag;
      ranks[at] = rank;
      return true;
    }
  }
}
