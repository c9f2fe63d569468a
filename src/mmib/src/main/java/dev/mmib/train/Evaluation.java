package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.data.DataDirectory;
import dev.mmib.data.Split;
import dev.mmib.io.ModelDirectory;
import dev.mmib.model.Task;
import dev.mmib.score.EntityScore;
import dev.mmib.score.Prf;
import dev.mmib.train.RowSettings.MissingImages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
    List<Row> rows) {

  private static final int CACHE_MEGABYTES = 0; // every picture is looked at once

  /**
   * One row.
   *
   * @param gold a label for each word; of a relation, the relation alone
   * @param found the same, predicted
   */
  public record Row(String place, List<String> tokens, List<String> gold, List<String> found) {

    public Row {
      tokens = List.copyOf(tokens);
      gold = List.copyOf(gold);
      found = List.copyOf(found);
    }

    /** Whether everything was predicted rightly. */
    public boolean isRight() {
      return gold.equals(found);
    }
  }

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
    var directory = ModelDirectory.open(model);
    var task = directory.config().task();
    var found = TrainingData.forScoring(DataDirectory.open(data), task, split);
    try (var loaded = directory.load(backend)) {
      var rows = found.rows(split, loaded, directory.tokenizer());
      var pictures =
          loaded.config().textOnly()
              ? null
              : new Pictures(loaded, MissingImages.ZERO, CACHE_MEGABYTES);
      Scoring.predict(rows, pictures, split.toString(), listener);
      return new Evaluation(
          task,
          split,
          mode,
          backend.name(),
          rows.scores(mode),
          pictures == null ? 0 : pictures.missing(),
          listed(rows));
    }
  }

  private static List<Row> listed(TaskRows<?> rows) {
    var list = new ArrayList<Row>();
    for (int row = 0; row < rows.size(); row++) {
      list.add(rows.row(row));
    }
    return list;
  }

  /** Over all entities, or over all relations but None. */
  public Prf micro() {
    return scores.micro();
  }
}
