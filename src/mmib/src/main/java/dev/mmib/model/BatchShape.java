package dev.mmib.model;

import dev.mmib.data.ImageBatch;
import dev.mmib.data.TextBatch;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every shape in what a model computes of some posts, and all of them that decides its course: of
 * posts of equal shape, the same kernels run on buffers of the same lengths.
 *
 * @param posts batch rows, B
 * @param tokens length of the longest text, L
 * @param padding whether a text has a piece that is trained apart, the padding
 * @param slots pictures per post; 0 where no post has one
 * @param slotShape of one picture, pixels or features; empty where no post has one
 * @param pictures slots that hold a picture; of features it only counts whether all do: −1 if not
 */
public record BatchShape(
    int posts, int tokens, boolean padding, int slots, List<Integer> slotShape, int pictures) {

  /** The shape of pictures without texts. */
  static BatchShape ofPictures(ImageBatch images) {
    return with(images.batch(), 0, false, images);
  }

  /**
   * The shape of some posts.
   *
   * @param paddingId the word piece whose vector stays as it is in training; −1 in inference
   */
  static BatchShape of(TextBatch texts, @Nullable ImageBatch images, int paddingId) {
    boolean padding = Arrays.stream(texts.ids()).anyMatch(id -> id == paddingId);
    return images == null
        ? new BatchShape(texts.batch(), texts.tokens(), padding, 0, List.of(), 0)
        : with(texts.batch(), texts.tokens(), padding, images);
  }

  private static BatchShape with(int posts, int tokens, boolean padding, ImageBatch images) {
    var slotShape = Arrays.stream(images.slotShape()).boxed().toList();
    int there = VisualSlots.there(images);
    boolean someOnly = slotShape.size() == 1 && there < images.present().length;
    return new BatchShape(posts, tokens, padding, images.slots(), slotShape, someOnly ? -1 : there);
  }
}
