package dev.mmib.score;

import dev.mmib.score.LabelSpans.LabelSpan;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How well entities were found, counted as seqeval 1.2.2 counts them.
 *
 * <p>An entity is right when type, first and last position all agree.
 */
public final class EntityScore {

  /** How labels become entities. */
  public enum Mode {
    /** seqeval's default, which the published results use: {@link LabelSpans#lenient}. */
    LENIENT,
    /** seqeval's strict mode with IOB2: {@link LabelSpans#strict}. */
    STRICT
  }

  private final ScoreTable table;
  private final Confusion confusion;
  private final List<Counts> sentences;
  private final double accuracy;

  private EntityScore(
      ScoreTable table, Confusion confusion, List<Counts> sentences, double accuracy) {
    this.table = table;
    this.confusion = confusion;
    this.sentences = Collections.unmodifiableList(sentences);
    this.accuracy = accuracy;
  }

  /** Scores the labels of sentences; each pair has to be equally long. */
  public static EntityScore of(List<List<String>> gold, List<List<String>> predicted, Mode mode) {
    if (gold.size() != predicted.size()) {
      throw new IllegalArgumentException(
          "EntityScore: different numbers of sentences, "
              + predicted.size()
              + " predicted vs "
              + gold.size()
              + " gold");
    }
    int[] ends = new int[gold.size()];
    int labels = 0;
    int same = 0;
    for (int i = 0; i < gold.size(); i++) {
      int length = gold.get(i).size();
      if (predicted.get(i).size() != length) {
        throw new IllegalArgumentException(
            String.format(
                "EntityScore: sentence %d has different lengths, %d predicted vs %d gold",
                i, predicted.get(i).size(), length));
      }
      for (int k = 0; k < length; k++) {
        same += gold.get(i).get(k).equals(predicted.get(i).get(k)) ? 1 : 0;
      }
      labels += length;
      ends[i] = (i == 0 ? 0 : ends[i - 1]) + length + 1;
    }
    List<LabelSpan> goldSpans = spans(gold, mode, ends);
    List<LabelSpan> predictedSpans = spans(predicted, mode, ends);
    return new EntityScore(
        ScoreTable.of(perType(goldSpans, predictedSpans)),
        Confusion.ofEntities(goldSpans, predictedSpans),
        perSentence(goldSpans, predictedSpans, ends),
        labels == 0 ? 0 : (double) same / labels);
  }

  /**
   * Entities over all sentences, one after the other with an O after each. The default mode of
   * seqeval flattens them so, and tags such as X make that visible: their entities can reach back.
   */
  private static List<LabelSpan> spans(List<List<String>> sentences, Mode mode, int[] ends) {
    if (mode == Mode.LENIENT) {
      var flat = new ArrayList<String>();
      for (List<String> sentence : sentences) {
        flat.addAll(sentence);
        flat.add("O");
      }
      return LabelSpans.lenient(flat);
    }
    var spans = new ArrayList<LabelSpan>();
    for (int i = 0; i < ends.length; i++) {
      int from = i == 0 ? 0 : ends[i - 1];
      for (LabelSpan span : LabelSpans.strict(sentences.get(i))) {
        spans.add(new LabelSpan(span.type(), from + span.first(), from + span.last()));
      }
    }
    return spans;
  }

  private static Map<String, Counts> perType(List<LabelSpan> gold, List<LabelSpan> predicted) {
    var counts = new TreeMap<String, Counts>();
    Set<LabelSpan> goldSet = new HashSet<>(gold);
    for (LabelSpan span : goldSet) {
      counts.merge(span.type(), new Counts(0, 0, 1), Counts::plus);
    }
    for (LabelSpan span : new HashSet<>(predicted)) {
      int correct = goldSet.contains(span) ? 1 : 0;
      counts.merge(span.type(), new Counts(correct, 1, 0), Counts::plus);
    }
    return counts;
  }

  /** An entity belongs to the sentence where it ends. */
  private static List<Counts> perSentence(
      List<LabelSpan> gold, List<LabelSpan> predicted, int[] ends) {
    var counts = new ArrayList<>(Collections.nCopies(ends.length, Counts.NONE));
    Set<LabelSpan> goldSet = new HashSet<>(gold);
    for (LabelSpan span : goldSet) {
      counts.set(sentence(span, ends), counts.get(sentence(span, ends)).plus(new Counts(0, 0, 1)));
    }
    for (LabelSpan span : new HashSet<>(predicted)) {
      var one = new Counts(goldSet.contains(span) ? 1 : 0, 1, 0);
      counts.set(sentence(span, ends), counts.get(sentence(span, ends)).plus(one));
    }
    return counts;
  }

  private static int sentence(LabelSpan span, int[] ends) {
    int at = java.util.Arrays.binarySearch(ends, span.last());
    return at >= 0 ? at + 1 : -at - 1;
  }

  /** Per type with averages; {@link ScoreTable#report} prints it as seqeval does. */
  public ScoreTable table() {
    return table;
  }

  /** The score that is published: over all entities together. */
  public Prf micro() {
    return table.micro();
  }

  public Prf macro() {
    return table.macro();
  }

  public Map<String, Prf> perType() {
    return table.rows();
  }

  /** Which types were taken for which, missed or made up. */
  public Confusion confusion() {
    return confusion;
  }

  /** The share of labels that are right. */
  public double accuracy() {
    return accuracy;
  }

  /** The counts of each sentence, for resampling. */
  public List<Counts> perSentence() {
    return sentences;
  }

  public String report() {
    return table.report();
  }
}
