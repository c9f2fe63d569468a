package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.data.Split;
import dev.mmib.model.Task;
import dev.mmib.score.Calibration;
import dev.mmib.score.EntityScore;
import dev.mmib.score.Prf;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A model's scores on a split, and what it predicted there.
 *
 * @param mode how entities were counted
 * @param missingImages posts whose whole picture was missing or broken
 * @param rows in the order of the file
 */
public record Evaluation(
    Task task,
    Split split,
    EntityScore.Mode mode,
    String device,
    Scores scores,
    int missingImages,
    List<EvaluatedRow> rows) {

  public Evaluation {
    rows = List.copyOf(rows);
  }

  /** Scores the model of a directory. */
  public static Evaluation of(
      Backend backend,
      Path model,
      Path data,
      Split split,
      EntityScore.Mode mode,
      TrainingListener listener) {
    try (var evaluator = Evaluator.open(backend, model, data, split)) {
      return evaluator.evaluate(mode, listener);
    }
  }

  /** Over all entities, or over all relations but None. */
  public Prf micro() {
    return scores.micro();
  }

  /**
   * Whether the scores of what was found can be taken for probabilities: of the entities that were
   * found, or of every row's relation, None included. Empty where nothing was found.
   */
  public Optional<Calibration> calibration() {
    var outcomes = rows.stream().flatMap(row -> row.outcomes().stream()).toList();
    return outcomes.isEmpty() ? Optional.empty() : Optional.of(Calibration.of(outcomes));
  }

  /** The rows that are not right, by index, those with the greatest loss first. */
  public List<Integer> worst() {
    return IntStream.range(0, rows.size())
        .filter(row -> !rows.get(row).isRight())
        .boxed()
        .sorted(Comparator.comparingDouble((Integer row) -> rows.get(row).loss()).reversed())
        .toList();
  }
}
