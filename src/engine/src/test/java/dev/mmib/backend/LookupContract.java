package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Rows by number against the reference. */
public interface LookupContract extends KernelContract {

  @Test
  default void gathersAndScattersRows() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        for (int cols : new int[] {1, 3, 32, 129}) {
          var table = bench.uniform(7 * cols);
          var ids = bench.ints(n, -1, 7); // many of them more than once, some of them −1
          var y = bench.floats(n * cols);
          bench.each(d -> d.lookup().gatherRows(table.on(d), ids.on(d), y.on(d), cols));
          bench.assertClose(y, 0, 0, n + " rows of " + cols);
          var dy = bench.uniform(n * cols);
          bench.each(d -> d.lookup().scatterAddRows(dy.on(d), ids.on(d), table.on(d), cols));
          bench.assertClose(table, n + " rows of " + cols + " scattered");
        }
      }
    }
  }

  @Test
  default void findsTheRangeOfIds() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        var ids = bench.ints(n, -1000, 1000);
        bench.each(
            d -> {
              var values = new int[n];
              d.download(ids.on(d), 0, values, 0, n);
              Arrays.sort(values);
              assertArrayEquals(new int[] {values[0], values[n - 1]}, d.lookup().range(ids.on(d)));
            });
      }
    }
  }
}
