package dev.mmib.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Word pieces of one or two texts into a model's input: cut, framed by [CLS] and [SEP], padded. */
final class Encoder {

  private Encoder() {}

  static Encoding encode(
      BertTokenizer tokenizer,
      List<String> first,
      @Nullable List<String> second,
      EncodeOptions how) {
    int framing = how.specialTokens() ? (second == null ? 2 : 3) : 0;
    int pieces = first.size() + (second == null ? 0 : second.size());
    int excess = Math.max(0, pieces + framing - how.maxLength());
    int ofFirst = keptOfFirst(first.size(), second == null ? 0 : second.size(), excess, how);
    var tokens = new ArrayList<String>();
    frame(tokens, Vocabulary.CLS, how);
    tokens.addAll(first.subList(0, ofFirst));
    frame(tokens, Vocabulary.SEP, how);
    int firstEnd = tokens.size();
    if (second != null) {
      tokens.addAll(second.subList(0, pieces - excess - ofFirst));
      frame(tokens, Vocabulary.SEP, how);
    }
    int end = tokens.size();
    int length = how.pad() ? how.maxLength() : end;
    int[] types = new int[length];
    int[] mask = new int[length];
    Arrays.fill(types, firstEnd, end, 1);
    Arrays.fill(mask, 0, end, 1);
    while (tokens.size() < length) {
      tokens.add(Vocabulary.PAD);
    }
    return new Encoding(tokenizer.idsOf(tokens), types, mask, List.copyOf(tokens), excess);
  }

  private static void frame(List<String> tokens, String special, EncodeOptions how) {
    if (how.specialTokens()) {
      tokens.add(special);
    }
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
