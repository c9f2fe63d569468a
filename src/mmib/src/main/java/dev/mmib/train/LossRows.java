package dev.mmib.train;

import dev.mmib.data.ImageBatch;
import dev.mmib.data.TextBatch;
import dev.mmib.model.Losses;
import dev.mmib.model.MmibModel;
import org.jspecify.annotations.Nullable;

/**
 * Rows that a model learns from.
 *
 * @param <B> their batches
 */
interface LossRows<B> {

  MmibModel model();

  /** Where a row was read. */
  String place(int row);

  /** The texts of a batch. */
  TextBatch text(B batch);

  /** The loss of a batch, in the caller's scope. */
  Losses loss(B batch, @Nullable ImageBatch images);

  /** What the parts of a batch's loss are taken over. */
  Losses.Share share(B batch, @Nullable ImageBatch images);
}
