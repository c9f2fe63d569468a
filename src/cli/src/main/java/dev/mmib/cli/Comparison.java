package dev.mmib.cli;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.ModelDirectory;
import dev.mmib.train.EvaluatedRow;
import dev.mmib.train.EvaluatedRow.Pair;
import dev.mmib.train.EvaluatedRow.Sentence;
import dev.mmib.train.Evaluation;
import dev.mmib.train.Significance;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A model beside another one on the same rows.
 *
 * @param significance of the difference, the first model less the other one
 */
record Comparison(Path model, Evaluation found, Evaluation other, Significance significance) {

  static Comparison of(Path model, Evaluation found, Evaluation other, long seed) {
    return new Comparison(
        model,
        found,
        other,
        Significance.of(found.scores().perRow(), other.scores().perRow(), seed));
  }

  /** Refuses two models that do not answer the same question, before anything is computed. */
  static void requireSameTask(Path model, Path other) {
    if (ModelDirectory.open(model).config().task() != ModelDirectory.open(other).config().task()) {
      throw MmibException.in(
          other.toString(),
          ErrorCode.USAGE,
          "is a model of the other task",
          "Compare models of one task.");
    }
  }

  /** The rows in which the two found different things, those first whose losses differ most. */
  List<Integer> differing() {
    return IntStream.range(0, found.rows().size())
        .filter(row -> !same(found.rows().get(row), other.rows().get(row)))
        .boxed()
        .sorted(Comparator.comparingDouble((Integer row) -> gap(row)).reversed())
        .toList();
  }

  private double gap(int row) {
    return Math.abs(found.rows().get(row).loss() - other.rows().get(row).loss());
  }

  private static boolean same(EvaluatedRow one, EvaluatedRow two) {
    if (one instanceof Sentence a && two instanceof Sentence b) {
      return a.found().size() == b.found().size() && a.found().stream().allMatch(b::isFound);
    }
    return one instanceof Pair a
        && two instanceof Pair b
        && a.found().relation().equals(b.found().relation());
  }

  /** How many rows only the first, and how many only the other one has right. */
  int[] onlyRight() {
    var counts = new int[2];
    for (int row = 0; row < found.rows().size(); row++) {
      boolean first = found.rows().get(row).isRight();
      boolean second = other.rows().get(row).isRight();
      counts[0] += first && !second ? 1 : 0;
      counts[1] += second && !first ? 1 : 0;
    }
    return counts;
  }
}
