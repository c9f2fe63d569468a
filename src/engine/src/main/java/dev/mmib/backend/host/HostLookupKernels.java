package dev.mmib.backend.host;

import static dev.mmib.backend.host.HostBuffer.floats;
import static dev.mmib.backend.host.HostBuffer.ints;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.LookupKernels;
import java.util.Arrays;

/** Rows of a table by number, in plain Java. */
public final class HostLookupKernels implements LookupKernels {

  private final Workers workers;

  public HostLookupKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void gatherRows(Buffer table, Buffer ids, Buffer y, int cols) {
    var from = floats(table);
    var numbers = ints(ids);
    var to = floats(y);
    workers.forEach(
        ids.length(),
        Tiles.rows(cols),
        (begin, end) -> {
          var row = Scratch.floats(0, cols);
          var zeros = Scratch.floats(1, cols);
          Arrays.fill(zeros, 0, cols, 0);
          for (int i = begin; i < end; i++) {
            int id = numbers.get(i);
            if (id >= 0) {
              from.get(id * cols, row, 0, cols);
            }
            to.put(i * cols, id >= 0 ? row : zeros, 0, cols);
          }
        });
  }

  @Override
  public void scatterAddRows(Buffer y, Buffer ids, Buffer table, int cols) {
    var from = floats(y);
    var numbers = ints(ids);
    var to = floats(table);
    int strip = Math.min(cols, 128); // threads own columns: each one adds in the order of i
    workers.forEach(
        cols,
        strip,
        (begin, end) -> {
          int n = end - begin;
          var terms = Scratch.floats(0, strip);
          var sums = Scratch.floats(1, strip);
          for (int i = 0; i < ids.length(); i++) {
            int id = numbers.get(i);
            if (id >= 0) {
              from.get(i * cols + begin, terms, 0, n);
              to.get(id * cols + begin, sums, 0, n);
              add(terms, sums, n);
              to.put(id * cols + begin, sums, 0, n);
            }
          }
        });
  }

  private static void add(float[] terms, float[] sums, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] += terms[i];
    }
  }

  @Override
  public int[] range(Buffer ids) {
    var numbers = ints(ids);
    if (ids.length() == 0) {
      return new int[] {0, -1};
    }
    int least = Integer.MAX_VALUE;
    int most = Integer.MIN_VALUE;
    for (int i = 0; i < ids.length(); i++) {
      int id = numbers.get(i);
      least = Math.min(least, id);
      most = Math.max(most, id);
    }
    return new int[] {least, most};
  }
}
