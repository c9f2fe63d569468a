package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.host.Scratch;
import java.nio.FloatBuffer;

/**
 * Layer normalization in float, by loops that the JIT turns into vector instructions.
 *
 * <p>The host's sums in double wait for each other. Sums by {@link Halves} round a few times, and
 * those of the variance are of centred numbers, so that nothing cancels.
 */
final class VectorLayerNorm {

  /** Floats of a chunk of rows. */
  private static final int CHUNK = 1 << 14;

  private final Workers workers;

  VectorLayerNorm(Workers workers) {
    this.workers = workers;
  }

  /**
   * As {@link dev.mmib.backend.kernel.NormKernels#layerNorm}, of what {@code before} makes.
   *
   * @param before writes elements [begin, end) of {@code x} by scratch of numbers 0 and 1
   */
  void forward(
      Workers.Range before,
      Buffer x,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    FloatBuffer from = HostBuffer.floats(x);
    FloatBuffer scales = HostBuffer.floats(gamma);
    FloatBuffer shifts = HostBuffer.floats(beta);
    FloatBuffer to = HostBuffer.floats(y);
    FloatBuffer means = HostBuffer.floats(mean);
    FloatBuffer invStds = HostBuffer.floats(invStd);
    workers.forEach(
        rows,
        Math.max(1, CHUNK / cols),
        (begin, end) -> {
          var v = Scratch.floats(2, cols);
          var room = Scratch.floats(3, (cols + 1) / 2);
          var scale = Scratch.floats(4, cols);
          var shift = Scratch.floats(5, cols);
          scales.get(0, scale, 0, cols);
          shifts.get(0, shift, 0, cols);
          for (int row = begin; row < end; row++) {
            before.run(row * cols, (row + 1) * cols);
            from.get(row * cols, v, 0, cols);
            float m = Halves.sum(v, 0, cols, room) / cols;
            centre(v, m, cols);
            float variance = Halves.sumOfSquares(v, cols, room) / cols;
            float factor = (float) (1 / Math.sqrt(variance + eps));
            means.put(row, m);
            invStds.put(row, factor);
            finish(v, factor, scale, shift, cols);
            to.put(row * cols, v, 0, cols);
          }
        });
  }

  private static void centre(float[] v, float mean, int n) {
    for (int i = 0; i < n; i++) {
      v[i] -= mean;
    }
  }

  private static void finish(float[] v, float factor, float[] scale, float[] shift, int n) {
    for (int i = 0; i < n; i++) {
      v[i] = v[i] * factor * scale[i] + shift[i];
    }
  }
}
