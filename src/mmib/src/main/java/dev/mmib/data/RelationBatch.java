package dev.mmib.data;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several sentences with the places of their markers and their relations.
 *
 * @param headMarkers [B], position of {@code <s>} in its row
 * @param tailMarkers [B], position of {@code <o>} in its row
 * @param relations [B], indices in the relation set
 * @param weights [B], what each row's loss is multiplied by; null where all count alike
 */
@SuppressWarnings("ArrayRecordComponent") // numbers on their way to a device
public record RelationBatch(
    TextBatch text,
    int[] headMarkers,
    int[] tailMarkers,
    int[] relations,
    float @Nullable [] weights) {

  public RelationBatch {
    int batch = text.batch();
    if (headMarkers.length != batch || tailMarkers.length != batch || relations.length != batch) {
      throw new IllegalArgumentException(
          "batch: head markers, tail markers, relations of "
              + headMarkers.length
              + ", "
              + tailMarkers.length
              + ", "
              + relations.length
              + " vs "
              + batch
              + " rows");
    }
    text.requireWeights(weights);
    for (int b = 0; b < batch; b++) {
      int length = text.lengths()[b];
      boolean inside = headMarkers[b] >= 0 && headMarkers[b] < length;
      if (!inside || tailMarkers[b] < 0 || tailMarkers[b] >= length) {
        throw new IllegalArgumentException(
            "batch: markers at "
                + headMarkers[b]
                + " and "
                + tailMarkers[b]
                + " vs a row of "
                + length
                + " pieces: leave out rows whose markers were cut off");
      }
    }
  }

  /** Rows that count alike. */
  public RelationBatch(TextBatch text, int[] headMarkers, int[] tailMarkers, int[] relations) {
    this(text, headMarkers, tailMarkers, relations, null);
  }

  /** The same rows, some of which count more than others. */
  public RelationBatch withWeights(float @Nullable [] others) {
    return new RelationBatch(text, headMarkers, tailMarkers, relations, others);
  }

  /** Pads encoded sentences to the longest of them. */
  public static RelationBatch of(List<EncodedRelation> rows, int padId) {
    return of(rows, padId, 0);
  }

  /** Pads encoded sentences to the longest of them, and at least to {@code least}. */
  public static RelationBatch of(List<EncodedRelation> rows, int padId, int least) {
    return new RelationBatch(
        TextBatch.of(
            rows.stream().map(EncodedRelation::ids).toList(),
            rows.stream().map(EncodedRelation::types).toList(),
            padId,
            least),
        rows.stream().mapToInt(EncodedRelation::headMarker).toArray(),
        rows.stream().mapToInt(EncodedRelation::tailMarker).toArray(),
        rows.stream().mapToInt(EncodedRelation::relation).toArray());
  }
}
