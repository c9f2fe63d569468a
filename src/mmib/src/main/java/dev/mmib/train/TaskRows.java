package dev.mmib.train;

import dev.mmib.data.ImageBatch;
import dev.mmib.data.PictureFiles;
import dev.mmib.model.Losses;
import dev.mmib.predict.Look;
import dev.mmib.score.Counts;
import dev.mmib.score.EntityScore;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The encoded rows of one split for one model: what the two tasks do differently.
 *
 * @param <B> their batches
 */
interface TaskRows<B> extends LossRows<B> {

  int size();

  /** The word pieces of each row. */
  int[] lengths();

  /** The files of a row's pictures. */
  PictureFiles pictures(int row);

  B batch(int[] rows);

  @Override
  default Losses.Share share(B batch, @Nullable ImageBatch images) {
    return model().share(text(batch), images);
  }

  /** Predicts the rows of a batch and remembers what it finds. */
  void predict(int[] rows, B batch, @Nullable ImageBatch images);

  /**
   * The score of what was predicted, of all rows.
   *
   * @param mode how entities are counted; relations know one way only
   */
  Scores scores(EntityScore.Mode mode);

  /** A row beside what was predicted for it, and what that counts. */
  EvaluatedRow row(int row, EntityScore.Mode mode, Counts counts);

  /**
   * What in a row that was predicted looked at its pictures.
   *
   * @param weights how much each word piece looks at each picture
   */
  List<Look> looks(int row, float[][] weights);
}
