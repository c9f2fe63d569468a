package dev.mmib.backend.sizing;

import static dev.mmib.backend.sizing.SizeBuffer.requireOpen;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.LookupKernels;

/** Lookups of sizes, by ints that are remembered. */
final class SizingLookupKernels implements LookupKernels {

  @Override
  public void gatherRows(Buffer table, Buffer ids, Buffer y, int cols) {
    requireOpen(table, ids, y);
  }

  @Override
  public void scatterAddRows(Buffer y, Buffer ids, Buffer table, int cols) {
    requireOpen(y, ids, table);
  }

  @Override
  public int[] range(Buffer ids) {
    int least = Integer.MAX_VALUE;
    int most = Integer.MIN_VALUE;
    for (int id : SizeBuffer.of(ids).ints()) {
      least = Math.min(least, id);
      most = Math.max(most, id);
    }
    return ids.length() == 0 ? new int[] {0, -1} : new int[] {least, most};
  }
}
