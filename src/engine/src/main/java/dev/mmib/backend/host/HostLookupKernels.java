package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.LookupKernels;

public final class HostLookupKernels implements LookupKernels {
  private final Workers workers;

  public HostLookupKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void gatherRows(Buffer table, Buffer ids, Buffer y, int cols) {
    throw new UnsupportedOperationException("Lookup");
  }

  @Override
  public void scatterAddRows(Buffer y, Buffer ids, Buffer table, int cols) {
    throw new UnsupportedOperationException("Lookup");
  }

  @Override
  public int[] range(Buffer ids) {
    throw new UnsupportedOperationException("Lookup");
  }
}
