package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;

/** Rows of a table by number. Numbers must have been checked against the table. */
public interface LookupKernels {

  /** {@code y[i, :] = table[ids[i], :]}, rows of {@code cols} floats; a negative id gives zeros. */
  void gatherRows(Buffer table, Buffer ids, Buffer y, int cols);

  /**
   * {@code table[ids[i], :] += y[i, :]}; negative ids are skipped. Accumulates in the order of i.
   */
  void scatterAddRows(Buffer y, Buffer ids, Buffer table, int cols);

  /** The smallest and the largest of {@code ids}, for checking them; {@code {0, -1}} of none. */
  int[] range(Buffer ids);
}
