package dev.mmib.backend;

import org.junit.jupiter.api.Test;

/** Sums against the reference. */
public interface ReductionContract extends KernelContract {

  @Test
  default void sumsAlongAnyAxis() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        sum(bench, 1, n, 1);
        sum(bench, n, 3, 1);
        sum(bench, 3, n, 1);
        sum(bench, 1, 3, n);
        sum(bench, 1, n, 33);
        sum(bench, 2, n, 5);
        sum(bench, n, 1, 2);
      }
      sum(bench, 1, 70_001, 1); // more than one chunk
      sum(bench, 1, 1_030, 70); // several blocks of rows, of which the last has fewer or none
      sum(bench, 2, 333, 1_030);
    }
  }

  private static void sum(Bench bench, int outer, int axis, int inner) {
    var x = bench.uniform(outer * axis * inner);
    var y = bench.floats(outer * inner);
    bench.each(d -> d.reduction().sum(x.on(d), y.on(d), outer, axis, inner));
    // Terms of both signs cancel: the error is that of the terms, not of the sum.
    bench.assertClose(
        y, 1e-5, 1e-6 * Math.max(1, Math.sqrt(axis)), outer + "·" + axis + "·" + inner);
  }
}
