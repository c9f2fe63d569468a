package dev.mmib.backend;

/**
 * The arithmetic that a device may use inside products, convolutions and attention.
 *
 * <p>Everything else, and all that is stored, stays in float32.
 */
public enum Precision {
  /** Float32: what the tests hold every device to. */
  FP32,
  /** Factors rounded to a mantissa of 10 bits, sums in float32. */
  TF32,
  /**
   * Factors rounded to bfloat16, a mantissa of 7 bits, sums in float32. A device may round the
   * results of convolutions likewise.
   */
  BF16,
  /**
   * Both factors of linear layers rounded to 8 bits, sums in 32 bits: weights by a scale for each
   * output, the other factor by a scale for each row, found anew for every product. For inference
   * only.
   */
  INT8
}
