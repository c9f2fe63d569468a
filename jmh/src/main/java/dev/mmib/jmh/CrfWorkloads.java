package dev.mmib.jmh;

import dev.mmib.backend.Device;
import dev.mmib.data.TagSet;
import dev.mmib.jmh.djl.DjlCrf;
import dev.mmib.jmh.mmib.MmibCrf;
import dev.mmib.nn.Initializer;
import dev.mmib.tensor.Shape;
import java.util.List;

/** The CRF at MMIB's sizes: 8 posts of 128 word pieces, the tags of the Twitter benchmarks. */
public final class CrfWorkloads {

  /** What the CRF is asked for. */
  public enum Question {
    /** log p of given tags and its gradient with respect to everything. */
    LIKELIHOOD,
    /** The best tags. */
    BEST
  }

  /**
   * A chain.
   *
   * @param batch sequences, all of the length {@code tokens}
   */
  public record Chain(int batch, int tokens, int tags) {

    /** [batch, tokens, tags]. */
    public float[] emissions() {
      return Initializer.normal(2).values(3, "emissions", Shape.of(batch, tokens, tags)).toArray();
    }

    /** [tags, tags], from row to column. */
    public float[] transitions() {
      return Initializer.normal(1).values(3, "transitions", Shape.of(tags, tags)).toArray();
    }

    /** Scores of the first tag. */
    public float[] start() {
      return Initializer.normal(1).values(3, "start", Shape.of(tags)).toArray();
    }

    /** Scores of the last tag. */
    public float[] end() {
      return Initializer.normal(1).values(3, "end", Shape.of(tags)).toArray();
    }

    /** [batch · tokens]. */
    public int[] gold() {
      var gold = new int[batch * tokens];
      for (int i = 0; i < gold.length; i++) {
        gold[i] = i * 7 % tags;
      }
      return gold;
    }
  }

  private CrfWorkloads() {}

  static List<Workload> all() {
    var chain = new Chain(8, 128, TagSet.twitter().size());
    return List.of(
        workload("likelihood-8x128", chain, Question.LIKELIHOOD),
        workload("best-8x128", chain, Question.BEST));
  }

  private static Workload workload(String name, Chain chain, Question question) {
    return Workload.of("crf", name, 0)
        .with(
            Workload.OURS,
            threads -> new MmibCrf(Device.of("cpu").withThreads(threads), chain, question))
        .with("djl", threads -> new DjlCrf(threads, chain, question));
  }
}
