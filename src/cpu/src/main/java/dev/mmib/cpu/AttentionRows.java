package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Philox;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.Dropout;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What attention does to rows of scores between two products: masks and dropout. */
final class AttentionRows {

  /** Floats that a chunk of rows has about. */
  private static final int CHUNK = 1 << 14;

  private final Workers workers;

  AttentionRows(Workers workers) {
    this.workers = workers;
  }

  private static int rows(Heads h) {
    return h.batch() * h.heads() * h.queries();
  }

  private static int rowsPerChunk(Heads h) {
    return Math.max(1, CHUNK / h.keys());
  }

  /** Neighbouring keys that are masked. */
  private record Run(int from, int length) {}

  /** Writes {@code value} into [batch, heads, queries, keys] where a mask is 0. */
  void fillMasked(Heads h, Masks masks, Buffer scores, float value) {
    float[] queries = floats(masks.queries());
    List<List<Run>> runs = maskedKeys(h, floats(masks.keys()));
    if (queries == null && runs.stream().allMatch(List::isEmpty)) {
      return;
    }
    FloatBuffer to = HostBuffer.floats(scores);
    var values = new float[h.keys()];
    Arrays.fill(values, value);
    workers.forEach(
        rows(h),
        rowsPerChunk(h),
        (from, end) -> {
          for (int row = from; row < end; row++) {
            int b = row / (h.heads() * h.queries());
            int at = row * h.keys();
            if (queries != null && queries[b * h.queries() + row % h.queries()] == 0) {
              to.put(at, values, 0, values.length);
              continue;
            }
            for (Run run : runs.get(b)) {
              to.put(at + run.from(), values, 0, run.length());
            }
          }
        });
  }

  private static float @Nullable [] floats(@Nullable Buffer mask) {
    if (mask == null) {
      return null;
    }
    var values = new float[mask.length()];
    HostBuffer.floats(mask).get(0, values);
    return values;
  }

  private static List<List<Run>> maskedKeys(Heads h, float @Nullable [] mask) {
    var perSequence = new ArrayList<List<Run>>(h.batch());
    for (int b = 0; b < h.batch(); b++) {
      var runs = new ArrayList<Run>();
      for (int j = 0; mask != null && j < h.keys(); j++) {
        int from = j;
        while (j < h.keys() && mask[b * h.keys() + j] == 0) {
          j++;
        }
        if (j > from) {
          runs.add(new Run(from, j - from));
        }
      }
      perSequence.add(runs);
    }
    return perSequence;
  }

  /** {@code dropped = dropout(p)}, and makes {@code p} negative where it struck. */
  void drop(Heads h, Dropout dropout, Buffer p, Buffer dropped) {
    FloatBuffer probabilities = HostBuffer.floats(p);
    FloatBuffer out = HostBuffer.floats(dropped);
    float scale = (float) (1 / (1 - dropout.p()));
    workers.forEach(
        rows(h) * h.keys(),
        CHUNK, // a multiple of the 4 numbers that Philox gives at once
        (from, end) -> {
          var values = new float[end - from];
          var kept = new float[end - from];
          var words = new int[4];
          probabilities.get(from, values);
          for (int i = 0; i < values.length; i += 4) {
            Philox.block(dropout.seed(), dropout.stream(), (from + i) >> 2, words);
            int last = Math.min(4, values.length - i);
            for (int w = 0; w < last; w++) {
              float value = values[i + w];
              boolean strikes = Philox.uniform(words[w]) < dropout.p();
              kept[i + w] = strikes ? 0 : value * scale;
              values[i + w] = strikes ? -value : value;
            }
          }
          probabilities.put(from, values);
          out.put(from, kept);
        });
  }

  /**
   * {@code dS = D⊙dD − P Σ D⊙dD}, which is the gradient through dropout and softmax at once since
   * {@code P⊙dropout′(dD) = D⊙dD}; recovers D too.
   *
   * @param signedP P, negative where dropout struck
   * @param dropped overwritten with D
   * @param ds dD, overwritten with dS
   */
  void softmaxDropoutGrad(Heads h, Dropout dropout, Buffer signedP, Buffer dropped, Buffer ds) {
    FloatBuffer probabilities = HostBuffer.floats(signedP);
    FloatBuffer out = HostBuffer.floats(dropped);
    FloatBuffer gradient = HostBuffer.floats(ds);
    float scale = (float) (1 / (1 - dropout.p()));
    int keys = h.keys();
    workers.forEach(
        rows(h),
        rowsPerChunk(h),
        (from, end) -> {
          var p = new float[keys];
          var d = new float[keys];
          var g = new float[keys];
          for (int row = from; row < end; row++) {
            probabilities.get(row * keys, p);
            gradient.get(row * keys, g);
            double sum = 0;
            for (int j = 0; j < keys; j++) {
              d[j] = p[j] < 0 ? 0 : p[j] * scale;
              g[j] *= d[j];
              sum += g[j];
            }
            float total = (float) sum;
            for (int j = 0; j < keys; j++) {
              g[j] -= Math.abs(p[j]) * total;
            }
            out.put(row * keys, d);
            gradient.put(row * keys, g);
          }
        });
  }
}
