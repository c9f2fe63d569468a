package dev.mmib.text;

import java.util.List;

/**
 * A text, or a pair of them, as a model's input.
 *
 * @param ids of the pieces
 * @param types 0 for the first text, 1 for the second
 * @param mask 1 for a piece, 0 for padding
 * @param tokens the pieces themselves
 * @param cut pieces lost to the limit of length
 */
@SuppressWarnings("ArrayRecordComponent") // numbers on their way into a batch
public record Encoding(int[] ids, int[] types, int[] mask, List<String> tokens, int cut) {

  public int length() {
    return ids.length;
  }
}
