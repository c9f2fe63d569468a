package dev.mmib.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.mmib.data.ImageBatch;
import dev.mmib.data.TextBatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Posts have equal shapes if and only if the same kernels run for them. */
class BatchShapeTest {

  private static final int[] PIXELS = {3, 2, 2};
  private static final int[] FEATURES = {12};

  private static TextBatch texts(int... ids) {
    return new TextBatch(2, ids.length / 2, ids, new int[ids.length], new int[] {1, 1});
  }

  private static ImageBatch images(int[] slotShape, boolean... present) {
    return new ImageBatch(2, 2, slotShape, new float[48], present);
  }

  @Test
  void theWordsThemselvesDoNotMatter() {
    assertEquals(shape(texts(1, 2, 3, 4), null), shape(texts(5, 6, 7, 8), null));
    assertNotEquals(shape(texts(1, 2, 3, 4), null), shape(texts(1, 2), null));
  }

  @Test
  void paddingMattersWhereItIsTrainedApart() {
    assertNotEquals(shape(texts(1, 2, 3, 4), null), shape(texts(1, 2, 3, 0), null));
    assertEquals(shape(texts(1, 2, 3, 0), null), shape(texts(0, 2, 0, 1), null));
    assertEquals(
        BatchShape.of(texts(1, 2, 3, 4), null, -1), BatchShape.of(texts(1, 2, 3, 0), null, -1));
  }

  @Test
  void ofPixelsItMattersHowManyPicturesThereAre() {
    var both = images(PIXELS, true, true, true, true);
    var first = images(PIXELS, true, false, true, true);
    var second = images(PIXELS, true, true, true, false);
    var none = images(PIXELS, true, false, true, false);
    assertEquals(shape(texts(1, 2), first), shape(texts(1, 2), second));
    assertNotEquals(shape(texts(1, 2), first), shape(texts(1, 2), both));
    assertNotEquals(shape(texts(1, 2), first), shape(texts(1, 2), none));
    assertNotEquals(shape(texts(1, 2), null), shape(texts(1, 2), both));
  }

  @Test
  void ofFeaturesItMattersWhetherAllAreThere() {
    var both = images(FEATURES, true, true, true, true);
    var first = images(FEATURES, true, false, true, true);
    var none = images(FEATURES, true, false, true, false);
    assertEquals(shape(texts(1, 2), first), shape(texts(1, 2), none));
    assertNotEquals(shape(texts(1, 2), first), shape(texts(1, 2), both));
    var pixels = images(PIXELS, true, true, true, true);
    assertNotEquals(shape(texts(1, 2), pixels), shape(texts(1, 2), both));
  }

  private static BatchShape shape(TextBatch texts, @Nullable ImageBatch images) {
    return BatchShape.of(texts, images, 0);
  }
}
