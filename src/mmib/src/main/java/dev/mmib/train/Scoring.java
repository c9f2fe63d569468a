package dev.mmib.train;

import org.jspecify.annotations.Nullable;

/** Runs a model over all rows of a split, and scores it. */
final class Scoring {

  static final int BATCH = 32;

  private Scoring() {}

  /** Predicts every row; the rows remember it. */
  static <B> void predict(
      TaskRows<B> rows, @Nullable Pictures pictures, String split, TrainingListener listener) {
    var plan = BatchPlan.byLength(rows.lengths(), BATCH);
    int done = 0;
    try (var batches = new Batches<>(rows, plan, pictures)) {
      for (var ready = batches.next(); ready != null; ready = batches.next()) {
        var prepared = ready.pictures();
        var images =
            pictures == null || prepared == null ? null : pictures.images(prepared, rows.model());
        rows.predict(ready.rows(), ready.batch(), images);
        if (pictures != null && images != null) {
          pictures.release(images);
        }
        done += ready.rows().length;
        listener.scoring(split, done, rows.size());
      }
    }
  }
}
