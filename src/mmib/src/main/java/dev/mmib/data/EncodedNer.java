package dev.mmib.data;

/**
 * A sentence as word pieces, with a tag for every piece.
 *
 * @param ids word pieces, the first [CLS], the last [SEP]; no padding
 * @param types token types, all 0
 * @param tags indices in the tag set: a word's label at its first piece, X at the others
 * @param wordOfPiece the word that starts at a piece; −1 at [CLS], [SEP] and continuations
 * @param cutWords words lost, wholly or in part, to the limit of length
 * @param droppedWords words without a word piece that vanished with their labels (reference only)
 */
@SuppressWarnings("ArrayRecordComponent") // a row of numbers on its way into a batch
public record EncodedNer(
    int[] ids, int[] types, int[] tags, int[] wordOfPiece, int cutWords, int droppedWords) {

  public int length() {
    return ids.length;
  }
}
