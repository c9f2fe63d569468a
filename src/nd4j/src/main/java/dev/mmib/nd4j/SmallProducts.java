package dev.mmib.nd4j;

import dev.mmib.nd4j.OpenBlas.Matrix;

/**
 * Products cut into ones so small that OpenBLAS copies neither factor.
 *
 * <p>It copies both into an order of its own, which costs a tenth to a fifth of a product of some
 * hundred rows. But with AVX-512 it has kernels for small products that work on the factors where
 * they lie, and those are faster: 92 to 95 % of the machine's peak, if the right factor's columns
 * are neighbours and its rows not far apart (measured with OpenBLAS 0.3.31).
 */
final class SmallProducts {

  /** Columns of the widest of those kernels. */
  static final int WIDTH = 64;

  /** Multiplications of a product, up to which OpenBLAS calls it small. */
  private static final int LARGEST = 1_000_000;

  /** Inner numbers of a piece: as few pieces as leave it rows enough. */
  private static final int INNER = 768;

  /** Rows that the kernels work on at a time. */
  private static final int STEP = 4;

  private SmallProducts() {}

  /** Whether the OpenBLAS of this machine has such kernels: else all this is slow, but right. */
  static boolean areFast() {
    return Variant.AVX512.lackingOn(Variant.instructionSets()).isEmpty();
  }

  /**
   * {@code c = alpha · a b + beta · c} by the thread that calls, within {@link OpenBlas#alone}.
   *
   * @param b about {@value #WIDTH} columns
   */
  static void multiply(double alpha, Matrix a, Matrix b, double beta, Matrix c) {
    int pieces = (a.cols() + INNER - 1) / INNER;
    int inner = (a.cols() + pieces - 1) / pieces;
    int rows = Math.max(STEP, LARGEST / (inner * c.cols()) / STEP * STEP);
    for (int from = 0; from < a.cols(); from += inner) {
      int to = Math.min(a.cols(), from + inner);
      for (int top = 0; top < c.rows(); top += rows) {
        int bottom = Math.min(c.rows(), top + rows);
        OpenBlas.multiply(
            alpha,
            a.rows(top, bottom).cols(from, to),
            b.rows(from, to),
            from == 0 ? beta : 1,
            c.rows(top, bottom));
      }
    }
  }
}
