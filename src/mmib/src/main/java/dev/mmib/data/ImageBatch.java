package dev.mmib.data;

import java.util.Arrays;

/**
 * The pictures of several posts: the whole image in slot 0, then its crops.
 *
 * @param batch number of posts, B
 * @param slots pictures per post, M
 * @param slotShape of one picture: [3, S, S] pixels or [F] pooled features
 * @param values [B·M·slotShape], zeros where a picture is absent
 * @param present [B·M]
 */
@SuppressWarnings("ArrayRecordComponent") // numbers on their way to a device
public record ImageBatch(int batch, int slots, int[] slotShape, float[] values, boolean[] present) {

  public ImageBatch {
    long size = (long) batch * slots;
    if (batch <= 0 || slots <= 0 || present.length != size) {
      throw new IllegalArgumentException(
          "images: " + present.length + " flags vs batch " + batch + " times slots " + slots);
    }
    for (int d : slotShape) {
      size = Math.multiplyExact(size, d);
    }
    if (values.length != size) {
      throw new IllegalArgumentException(
          "images: "
              + values.length
              + " values vs "
              + batch
              + " times "
              + slots
              + " pictures of "
              + Arrays.toString(slotShape));
    }
  }

  /** Values of one picture. */
  public int slotSize() {
    return Arrays.stream(slotShape).reduce(1, Math::multiplyExact);
  }
}
