package dev.mmib.data;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several sentences with a tag for every word piece.
 *
 * @param tags [B·L], 0 where padded
 * @param firstPiece [B·L], whether a word starts at the piece
 * @param weights [B], what each sentence's loss is multiplied by; null where all count alike
 */
@SuppressWarnings("ArrayRecordComponent") // numbers on their way to a device
public record NerBatch(
    TextBatch text, int[] tags, boolean[] firstPiece, float @Nullable [] weights) {

  public NerBatch {
    if (tags.length != text.ids().length || firstPiece.length != tags.length) {
      throw new IllegalArgumentException(
          "batch: tags and first pieces of "
              + tags.length
              + " and "
              + firstPiece.length
              + " vs "
              + text.ids().length
              + " word pieces");
    }
    text.requireWeights(weights);
  }

  /** Sentences that count alike. */
  public NerBatch(TextBatch text, int[] tags, boolean[] firstPiece) {
    this(text, tags, firstPiece, null);
  }

  /** The same sentences, some of which count more than others. */
  public NerBatch withWeights(float @Nullable [] others) {
    return new NerBatch(text, tags, firstPiece, others);
  }

  /** Pads encoded sentences to the longest of them. */
  public static NerBatch of(List<EncodedNer> rows, int padId) {
    return of(rows, padId, 0);
  }

  /** Pads encoded sentences to the longest of them, and at least to {@code least}. */
  public static NerBatch of(List<EncodedNer> rows, int padId, int least) {
    TextBatch text =
        TextBatch.of(
            rows.stream().map(EncodedNer::ids).toList(),
            rows.stream().map(EncodedNer::types).toList(),
            padId,
            least);
    int[] tags = TextBatch.padded(rows.stream().map(EncodedNer::tags).toList(), text.tokens(), 0);
    boolean[] first = new boolean[tags.length];
    for (int b = 0; b < rows.size(); b++) {
      int[] words = rows.get(b).wordOfPiece();
      for (int i = 0; i < words.length; i++) {
        first[b * text.tokens() + i] = words[i] >= 0;
      }
    }
    return new NerBatch(text, tags, first);
  }
}
