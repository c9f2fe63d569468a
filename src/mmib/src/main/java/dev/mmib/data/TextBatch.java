package dev.mmib.data;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The word pieces of several sentences, row-major and padded.
 *
 * @param batch number of sentences, B
 * @param tokens length of the longest one, L
 * @param ids [B·L], the pad id after a sentence's end
 * @param types [B·L]
 * @param lengths [B], real pieces of each sentence
 */
@SuppressWarnings("ArrayRecordComponent") // numbers on their way to a device
public record TextBatch(int batch, int tokens, int[] ids, int[] types, int[] lengths) {

  public TextBatch {
    long size = (long) batch * tokens;
    if (batch <= 0
        || tokens <= 0
        || ids.length != size
        || types.length != size
        || lengths.length != batch) {
      throw new IllegalArgumentException(
          "batch: ids, types, lengths of "
              + ids.length
              + ", "
              + types.length
              + ", "
              + lengths.length
              + " vs batch "
              + batch
              + " times tokens "
              + tokens);
    }
    for (int length : lengths) {
      if (length < 1 || length > tokens) {
        throw new IllegalArgumentException(
            "batch: a row of " + length + " pieces vs 1 to " + tokens);
      }
    }
  }

  /** Pads rows of ids and types to the longest of them, and at least to {@code least}. */
  public static TextBatch of(List<int[]> ids, List<int[]> types, int padId, int least) {
    int longest = Math.max(least, ids.stream().mapToInt(row -> row.length).max().orElse(0));
    int[] allIds = padded(ids, longest, padId);
    int[] lengths = ids.stream().mapToInt(row -> row.length).toArray();
    return new TextBatch(ids.size(), longest, allIds, padded(types, longest, 0), lengths);
  }

  void requireWeights(float @Nullable [] weights) {
    if (weights != null && weights.length != batch) {
      throw new IllegalArgumentException(
          "batch: " + weights.length + " weights vs " + batch + " rows");
    }
  }

  static int[] padded(List<int[]> rows, int longest, int pad) {
    int[] out = new int[Math.multiplyExact(rows.size(), longest)];
    Arrays.fill(out, pad);
    for (int b = 0; b < rows.size(); b++) {
      System.arraycopy(rows.get(b), 0, out, b * longest, rows.get(b).length);
    }
    return out;
  }
}
