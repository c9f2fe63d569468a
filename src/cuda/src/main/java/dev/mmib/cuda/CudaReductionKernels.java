package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ReductionKernels;

/** Sums on the GPU. */
final class CudaReductionKernels implements ReductionKernels {

  private static final int THREADS = 256;

  /** Rows up to here are left to single warps. */
  private static final int SHORT_ROW = 1024;

  /** Elements that are worth a block of their own. */
  private static final int CHUNK = 4096;

  private final CudaStream stream;
  private final Kernel sumRows;
  private final Kernel sumLong;
  private final ColumnSums columnSums;

  CudaReductionKernels(CudaStream stream) {
    this.stream = stream;
    sumRows = stream.kernel("reduction", "sum_rows");
    sumLong = stream.kernel("reduction", "sum_long");
    columnSums = new ColumnSums(stream);
  }

  @Override
  public void sum(Buffer x, Buffer y, int outer, int axis, int inner) {
    if (outer == 0 || inner == 0) {
      return;
    }
    if (inner > 1) {
      columnSums.sum(x, y, outer, axis, inner);
    } else if (axis <= SHORT_ROW || outer >= 16 * stream.processors()) {
      sumShortRows(x, y, outer, axis);
    } else {
      sumLongRows(x, y, outer, axis);
    }
  }

  private void sumShortRows(Buffer x, Buffer y, int rows, int axis) {
    boolean fours = axis % 4 == 0;
    int lanes = 1;
    while (lanes < 32 && lanes < (fours ? axis / 4 : axis)) {
      lanes *= 2;
    }
    long blocks = ((long) rows * lanes + THREADS - 1) / THREADS;
    sumRows
        .value(fours ? 1 : 0)
        .in(x)
        .out(y)
        .value(rows)
        .value(axis)
        .value(lanes)
        .launch((int) Math.min(blocks, 32L * stream.processors()), THREADS);
  }

  private void sumLongRows(Buffer x, Buffer y, int rows, int axis) {
    int most = Math.max(1, 4 * stream.processors() / rows);
    int chunks = Math.min(most, (axis + CHUNK - 1) / CHUNK);
    if (chunks == 1) {
      sumLong.in(x).out(y).value(axis).launch(1, rows, 1, THREADS, 0);
      return;
    }
    try (var sums = stream.scratch(DType.F32, rows * chunks)) {
      sumLong.in(x).out(sums).value(axis).launch(chunks, rows, 1, THREADS, 0);
      sumShortRows(sums, y, rows, chunks);
    }
  }
}
