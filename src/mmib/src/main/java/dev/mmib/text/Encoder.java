package dev.mmib.text;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Word pieces of one or two texts into a model's input: cut, framed by [CLS] and [SEP], padded. */
final class Encoder {

  private Encoder() {}

  static Encoding encode(
      BertTokenizer tokenizer, Pieces first, @Nullable Pieces second, EncodeOptions how) {
    int framing = how.specialTokens() ? (second == null ? 2 : 3) : 0;
    int pieces = first.size() + (second == null ? 0 : second.size());
    int excess = Math.max(0, pieces + framing - how.maxLength());
    int ofFirst = keptOfFirst(first.size(), second == null ? 0 : second.size(), excess, how);
    int end = pieces - excess + framing;
    int length = how.pad() ? how.maxLength() : end;
    int[] ids = new int[length];
    String[] tokens = new String[length];
    int frame = how.specialTokens() ? 1 : 0;
    if (how.specialTokens()) {
      ids[0] = tokenizer.clsId();
      tokens[0] = Vocabulary.CLS;
    }
    first.copy(ofFirst, ids, tokens, frame);
    int firstEnd = ofFirst + 2 * frame;
    if (second != null) {
      second.copy(pieces - excess - ofFirst, ids, tokens, firstEnd);
    }
    if (how.specialTokens()) {
      ids[firstEnd - 1] = ids[end - 1] = tokenizer.sepId();
      tokens[firstEnd - 1] = tokens[end - 1] = Vocabulary.SEP;
    }
    Arrays.fill(ids, end, length, tokenizer.padId());
    Arrays.fill(tokens, end, length, Vocabulary.PAD);
    int[] types = new int[length];
    int[] mask = new int[length];
    Arrays.fill(types, firstEnd, end, 1);
    Arrays.fill(mask, 0, end, 1);
    return new Encoding(ids, types, mask, List.of(tokens), excess);
  }

  /** How many pieces of the first text stay when {@code excess} of both have to go. */
  private static int keptOfFirst(int first, int second, int excess, EncodeOptions how) {
    int fromFirst =
        switch (how.truncation()) {
          case ONLY_FIRST -> excess;
          case ONLY_SECOND -> 0;
          case LONGEST_FIRST -> {
            // The longer one shrinks to the other's length, then both in turn, the second first.
            int level = Math.min(excess, Math.abs(first - second));
            int both = excess - level;
            yield second == 0 ? excess : (first > second ? level : 0) + both / 2;
          }
        };
    int fromSecond = excess - fromFirst;
    if (fromFirst > first || fromSecond > second) {
      throw new IllegalArgumentException(
          "encode: "
              + excess
              + " pieces too many vs maxLength "
              + how.maxLength()
              + " and truncation "
              + how.truncation()
              + ": allow more pieces");
    }
    return first - fromFirst;
  }
}
