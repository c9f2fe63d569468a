package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.data.DataDirectory;
import dev.mmib.data.Split;
import dev.mmib.io.ModelDirectory;
import dev.mmib.model.MmibModel;
import dev.mmib.predict.Look;
import dev.mmib.score.EntityScore;
import dev.mmib.train.RowSettings.MissingImages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A model loaded to be scored on a split, and to be asked about single rows of it. */
public final class Evaluator implements AutoCloseable {

  private static final int CACHE_MEGABYTES = 0; // every picture is looked at once

  private final MmibModel model;
  private final Split split;
  private final TaskRows<?> rows;
  private final @Nullable Pictures pictures;

  private Evaluator(MmibModel model, Split split, TaskRows<?> rows, @Nullable Pictures pictures) {
    this.model = model;
    this.split = split;
    this.rows = rows;
    this.pictures = pictures;
  }

  /** Loads the model of a directory and reads a split for it. */
  public static Evaluator open(Backend backend, Path model, Path data, Split split) {
    var directory = ModelDirectory.open(model);
    var task = directory.config().task();
    var found = TrainingData.forScoring(DataDirectory.open(data), task, split);
    var loaded = directory.load(backend);
    try {
      var rows = found.rows(split, loaded, directory.tokenizer());
      var pictures =
          loaded.config().textOnly()
              ? null
              : new Pictures(loaded, MissingImages.ZERO, CACHE_MEGABYTES);
      return new Evaluator(loaded, split, rows, pictures);
    } catch (RuntimeException | Error e) {
      loaded.close();
      throw e;
    }
  }

  /** Predicts every row and scores what came out. */
  public Evaluation evaluate(EntityScore.Mode mode, TrainingListener listener) {
    Scoring.predict(rows, pictures, split.toString(), listener);
    var scores = rows.scores(mode);
    var list = new ArrayList<EvaluatedRow>();
    for (int row = 0; row < rows.size(); row++) {
      list.add(rows.row(row, mode, scores.perRow().get(row)));
    }
    return new Evaluation(
        model.config().task(),
        split,
        mode,
        model.backend().name(),
        scores,
        pictures == null ? 0 : pictures.missing(),
        list);
  }

  /**
   * How much the entities of a row that was evaluated, found ones and gold ones, or head and tail
   * of its pair, looked at each of its pictures; empty of a model that has no such thing.
   */
  public List<Look> looks(int row) {
    return pictures == null || !model.hasSlotAttention() ? List.of() : looks(rows, pictures, row);
  }

  private <B> List<Look> looks(TaskRows<B> of, Pictures seen, int row) {
    var batch = of.batch(new int[] {row});
    var prepared = seen.prepare(List.of(of.pictures(row)), List.of(of.place(row)));
    var weights = model.slotAttention(of.text(batch), seen.images(prepared, model))[0];
    return of.looks(row, weights);
  }

  /** Frees the model. */
  @Override
  public void close() {
    model.close();
  }
}
