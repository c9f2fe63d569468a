package dev.mmib.text;

/**
 * How word pieces become a model's input.
 *
 * @param maxLength the most pieces, special ones included; {@link #UNLIMITED} for no limit
 * @param pad whether shorter texts are padded to {@code maxLength}
 * @param specialTokens whether [CLS] and [SEP] are put around the texts
 */
public record EncodeOptions(
    int maxLength, Truncation truncation, boolean pad, boolean specialTokens) {

  public static final int UNLIMITED = Integer.MAX_VALUE;

  public EncodeOptions {
    if (maxLength < 1 || (pad && maxLength == UNLIMITED)) {
      throw new IllegalArgumentException(
          "encode: maxLength " + maxLength + " vs a positive number, a limited one where padded");
    }
  }

  /** Whole, unpadded, with [CLS] and [SEP]. */
  public static EncodeOptions whole() {
    return new EncodeOptions(UNLIMITED, Truncation.LONGEST_FIRST, false, true);
  }

  /** Cut at {@code maxLength} pieces. */
  public static EncodeOptions atMost(int maxLength) {
    return new EncodeOptions(maxLength, Truncation.LONGEST_FIRST, false, true);
  }

  /** Cut or padded to exactly {@code maxLength} pieces. */
  public static EncodeOptions padded(int maxLength) {
    return new EncodeOptions(maxLength, Truncation.LONGEST_FIRST, true, true);
  }

  public EncodeOptions withTruncation(Truncation other) {
    return new EncodeOptions(maxLength, other, pad, specialTokens);
  }

  public EncodeOptions withoutSpecialTokens() {
    return new EncodeOptions(maxLength, truncation, pad, false);
  }
}
