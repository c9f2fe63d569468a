package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.LookupKernels;

/** Rows of a table by number on the GPU. */
final class CudaLookupKernels implements LookupKernels {

  private static final int THREADS = 256;
  private static final int WARP = 32;

  /** Bits that one pass of the sort looks at. */
  private static final int DIGIT = 8;

  // As kernels/lookup.cu has them.
  private static final int SORT_THREADS = 1024;
  private static final int TILE = 16;

  /** Ids that are worth a block of their own. */
  private static final int CHUNK = 4096;

  private static final int RANGE_BLOCKS = 64;

  private final CudaStream stream;
  private final Kernel gatherRows;
  private final Kernel idRange;
  private final Kernel scatterSort;
  private final Kernel scatterTiles;
  private final Kernel scatterFold;

  CudaLookupKernels(CudaStream stream) {
    this.stream = stream;
    gatherRows = stream.kernel("lookup", "gather_rows");
    idRange = stream.kernel("lookup", "id_range");
    scatterSort = stream.kernel("lookup", "scatter_sort");
    scatterTiles = stream.kernel("lookup", "scatter_tiles");
    scatterFold = stream.kernel("lookup", "scatter_fold");
  }

  @Override
  public void gatherRows(Buffer table, Buffer ids, Buffer y, int cols) {
    int fours = cols % 4 == 0 ? 1 : 0;
    long n = (long) ids.length() * cols;
    gatherRows
        .value(fours)
        .in(table)
        .inInts(ids)
        .out(y)
        .value(ids.length())
        .value(cols)
        .over(fours == 1 ? n : 4 * n);
  }

  @Override
  public void scatterAddRows(Buffer y, Buffer ids, Buffer table, int cols) {
    int n = ids.length();
    if (n == 0 || table.length() == 0) {
      return;
    }
    int tiles = parts(n, TILE);
    try (var work = stream.scratch(DType.I32, 3 * n);
        var sums = stream.scratch(DType.F32, 2 * tiles * cols)) {
      scatter(y, ids, table, cols, tiles, work, sums);
    }
  }

  private void scatter(
      Buffer y, Buffer ids, Buffer table, int cols, int tiles, Buffer work, Buffer sums) {
    int n = ids.length();
    int rows = table.length() / cols;
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(rows); // of the ids and of rows itself
    int fours = cols % 4 == 0 ? 1 : 0;
    int units = fours == 1 ? cols / 4 : cols;
    int threads = Math.min(THREADS, parts(units, WARP) * WARP);
    int width = Math.min(units, WARP);
    scatterSort
        .inInts(ids)
        .outInts(work)
        .value(n)
        .value(rows)
        .value(parts(bits, DIGIT))
        .launch(1, SORT_THREADS);
    scatterTiles
        .value(fours)
        .in(y)
        .inInts(work)
        .out(table)
        .out(sums)
        .value(n)
        .value(rows)
        .value(cols)
        .launch(tiles, parts(units, threads), 1, threads, 0);
    scatterFold
        .value(fours)
        .inInts(work)
        .in(sums)
        .out(table)
        .value(n)
        .value(rows)
        .value(cols)
        .value(width)
        .launch(tiles, parts(units, width), 1, THREADS, THREADS * (fours == 1 ? 16 : 4));
  }

  @Override
  public int[] range(Buffer ids) {
    int n = ids.length();
    if (n == 0) {
      return new int[] {0, -1};
    }
    var known = CudaBuffer.of(ids, DType.I32).knownRange();
    return known != null ? known : search(ids);
  }

  private int[] search(Buffer ids) {
    int blocks = Math.min(RANGE_BLOCKS, parts(ids.length(), CHUNK));
    var ranges = new int[2 * blocks];
    try (var scratch = stream.scratch(DType.I32, ranges.length)) {
      idRange.inInts(ids).outInts(scratch).value(ids.length()).launch(blocks, THREADS);
      stream.download(scratch, 0, ranges, 0, ranges.length);
    }
    int least = ranges[0];
    int most = ranges[1];
    for (int block = 1; block < blocks; block++) {
      least = Math.min(least, ranges[2 * block]);
      most = Math.max(most, ranges[2 * block + 1]);
    }
    return new int[] {least, most};
  }

  private static int parts(int n, int size) {
    return (n + size - 1) / size;
  }
}
