package dev.mmib.data;

/**
 * A sentence as word pieces with markers around head and tail.
 *
 * @param ids word pieces, the first [CLS], the last [SEP]; no padding
 * @param types token types, all 0
 * @param headMarker position of {@code <s>}; −1 where the limit cut it off (reference only)
 * @param tailMarker position of {@code <o>}; −1 where the limit cut it off (reference only)
 * @param relation index in the relation set
 * @param cutWords words lost, wholly or in part, to the limit of length
 */
@SuppressWarnings("ArrayRecordComponent") // a row of numbers on its way into a batch
public record EncodedRelation(
    int[] ids, int[] types, int headMarker, int tailMarker, int relation, int cutWords) {

  public int length() {
    return ids.length;
  }
}
