package dev.mmib.score;

import dev.mmib.score.LabelSpans.LabelSpan;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;

/**
 * How often what is there was found as what: a row for each gold label, a column for each found
 * one.
 *
 * <p>Of entities, an entity found at exactly the place of a gold one is counted in that one's row;
 * one that has no partner at its place is counted against {@link #NOTHING}: a missed one in its
 * column, a spurious one in its row. So a wrong border counts twice, as seqeval counts it. A row's
 * sum is the label's support, a column's sum is how often it was predicted, and the diagonal holds
 * what is right.
 */
public final class Confusion {

  /** The label of a place where there is no entity; no type of an entity is empty. */
  public static final String NOTHING = "";

  private final List<String> labels;
  private final int[][] counts;

  private Confusion(List<String> labels) {
    this.labels = List.copyOf(labels);
    this.counts = new int[labels.size()][labels.size()];
  }

  /** Of the entities of a text; equal ones count once, as in {@link EntityScore}. */
  public static Confusion ofEntities(Collection<LabelSpan> gold, Collection<LabelSpan> found) {
    var types = new TreeSet<String>();
    gold.forEach(span -> types.add(span.type()));
    found.forEach(span -> types.add(span.type()));
    var labels = new ArrayList<>(types);
    labels.add(NOTHING);
    var confusion = new Confusion(labels);
    var goldSet = new HashSet<>(gold);
    var others = new HashMap<LabelSpan, Deque<String>>();
    for (var span : ordered(new HashSet<>(found))) {
      if (goldSet.remove(span)) {
        confusion.add(span.type(), span.type());
      } else {
        others.computeIfAbsent(place(span), p -> new ArrayDeque<>()).add(span.type());
      }
    }
    for (var span : ordered(goldSet)) {
      var there = others.get(place(span));
      confusion.add(span.type(), there == null || there.isEmpty() ? NOTHING : there.remove());
    }
    others.values().forEach(rest -> rest.forEach(type -> confusion.add(NOTHING, type)));
    return confusion;
  }

  private static LabelSpan place(LabelSpan span) {
    return new LabelSpan(NOTHING, span.first(), span.last());
  }

  private static List<LabelSpan> ordered(Collection<LabelSpan> spans) {
    return spans.stream()
        .sorted(Comparator.comparingInt(LabelSpan::first).thenComparing(LabelSpan::type))
        .toList();
  }

  /** Of classes by their indices; here no class is special. */
  public static Confusion ofClasses(int[] gold, int[] found, List<String> classes) {
    if (gold.length != found.length) {
      throw new IllegalArgumentException(
          "Confusion: "
              + found.length
              + " found vs "
              + gold.length
              + " gold: give a pair for each");
    }
    var confusion = new Confusion(classes);
    for (int i = 0; i < gold.length; i++) {
      confusion.counts[gold[i]][found[i]]++;
    }
    return confusion;
  }

  private void add(String gold, String found) {
    counts[labels.indexOf(gold)][labels.indexOf(found)]++;
  }

  /** The labels of rows and columns; of entities the last one is {@link #NOTHING}. */
  public List<String> labels() {
    return labels;
  }

  /** How often {@code gold} was found as {@code found}. */
  public int count(String gold, String found) {
    return counts[index(gold)][index(found)];
  }

  /** The counts of a gold label, in the order of the labels. */
  public int[] row(String gold) {
    return counts[index(gold)].clone();
  }

  private int index(String label) {
    int index = labels.indexOf(label);
    if (index < 0) {
      throw new IllegalArgumentException("Confusion: " + label + " vs " + labels + ": ask for one");
    }
    return index;
  }

  /** How many rows or entities were counted. */
  public int total() {
    return Arrays.stream(counts).flatMapToInt(Arrays::stream).sum();
  }

  /** Only the labels that occur, in either role. */
  public Confusion occurring() {
    var kept = labels.stream().filter(label -> occurs(labels.indexOf(label))).toList();
    var less = new Confusion(kept);
    for (int row = 0; row < kept.size(); row++) {
      for (int column = 0; column < kept.size(); column++) {
        less.counts[row][column] = count(kept.get(row), kept.get(column));
      }
    }
    return less;
  }

  private boolean occurs(int label) {
    return Arrays.stream(counts[label]).sum() + Arrays.stream(counts).mapToInt(r -> r[label]).sum()
        > 0;
  }
}
