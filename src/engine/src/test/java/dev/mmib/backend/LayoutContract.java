package dev.mmib.backend;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Copies and permutations against the reference. */
public interface LayoutContract extends KernelContract {

  @Test
  default void copiesBlocksAndLeavesTheRestAlone() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        var x = bench.uniform(3 + 4 * (n + 2));
        var y = bench.uniform(1 + 4 * (n + 5));
        bench.each(d -> d.layout().copyBlocks(x.on(d), 3, n + 2, y.on(d), 1, n + 5, n, 4));
        bench.assertClose(y, 0, 0, "blocks of " + n);
        var columns = bench.uniform(4 * n);
        bench.each(d -> d.layout().copyBlocks(x.on(d), 0, 1, columns.on(d), 2, 4, 1, n));
        bench.assertClose(columns, 0, 0, n + " blocks of 1");
        var ids = bench.ints(2 * n, -9, 9);
        var copies = bench.ints(3 * n, -9, 9);
        bench.each(d -> d.layout().copyBlocks(ids.on(d), 0, n, copies.on(d), n, n, n, 2));
        bench.assertSameInts(copies, "int blocks of " + n);
      }
    }
  }

  @Test
  default void permutesAxes() {
    for (int n : Bench.SIZES) {
      permute(new int[] {n}, 0);
      permute(new int[] {n, 3}, 1, 0);
      permute(new int[] {33, n}, 1, 0);
      permute(new int[] {2, n, 3}, 0, 2, 1);
      permute(new int[] {2, n, 3}, 1, 0, 2);
      permute(new int[] {2, n, 3}, 2, 0, 1);
      permute(new int[] {2, 1, n, 3}, 0, 2, 1, 3);
      permute(new int[] {2, 3, n, 2}, 3, 2, 1, 0);
    }
  }

  private void permute(int[] dims, int... permutation) {
    try (var bench = bench()) {
      int size = Arrays.stream(dims).reduce(1, (m, n) -> m * n);
      var what = Arrays.toString(dims) + " by " + Arrays.toString(permutation);
      var x = bench.uniform(size);
      var y = bench.floats(size);
      bench.each(d -> d.layout().permute(x.on(d), dims, permutation, y.on(d)));
      bench.assertClose(y, 0, 0, what);
      var ids = bench.ints(size, 0, 99);
      var moved = bench.ints(size, -9, -1);
      bench.each(d -> d.layout().permute(ids.on(d), dims, permutation, moved.on(d)));
      bench.assertSameInts(moved, what);
    }
  }
}
