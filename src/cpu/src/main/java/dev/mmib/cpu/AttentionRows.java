package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.Dropout;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/** {@link HeadRows} of all sequences and heads, by all threads. */
final class AttentionRows {

  /** Floats that a chunk of rows has about; a multiple of the 4 numbers that Philox gives. */
  private static final int CHUNK = 1 << 14;

  private final Workers workers;

  AttentionRows(Workers workers) {
    this.workers = workers;
  }

  static @Nullable FloatBuffer floats(@Nullable Buffer mask) {
    return mask == null ? null : HostBuffer.floats(mask);
  }

  /** Writes {@code value} into [batch, heads, queries, keys] where a mask is 0. */
  void fillMasked(Heads h, Masks masks, Buffer scores, float value) {
    FloatBuffer keyMask = floats(masks.keys());
    FloatBuffer queryMask = floats(masks.queries());
    if (keyMask == null && queryMask == null) {
      return;
    }
    FloatBuffer to = HostBuffer.floats(scores);
    int size = h.queries() * h.keys();
    workers.forEach(
        h.batch() * h.heads(),
        Math.max(1, CHUNK / size),
        (from, end) -> {
          for (int n = from; n < end; n++) {
            HeadRows.fillMasked(
                h, keyMask, queryMask, n / h.heads(), 0, h.queries(), to, n * size, value);
          }
        });
  }

  /** {@code dropped = dropout(p)}, and makes {@code p} negative where it struck. */
  void drop(Heads h, Dropout dropout, Buffer p, Buffer dropped) {
    FloatBuffer probabilities = HostBuffer.floats(p);
    FloatBuffer out = HostBuffer.floats(dropped);
    workers.forEach(
        h.probabilities(),
        CHUNK,
        (from, end) -> HeadRows.drop(dropout, from, probabilities, from, out, from, end - from));
  }

  /** {@link HeadRows#softmaxDropoutGrad} of all rows. */
  void softmaxDropoutGrad(Heads h, Dropout dropout, Buffer signedP, Buffer dropped, Buffer ds) {
    FloatBuffer probabilities = HostBuffer.floats(signedP);
    FloatBuffer out = HostBuffer.floats(dropped);
    FloatBuffer gradient = HostBuffer.floats(ds);
    int keys = h.keys();
    workers.forEach(
        h.batch() * h.heads() * h.queries(),
        Math.max(1, CHUNK / keys),
        (from, end) -> {
          int at = from * keys;
          HeadRows.softmaxDropoutGrad(
              dropout, end - from, keys, probabilities, at, out, at, gradient, at);
        });
  }
}
