package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.host.HostNormKernels;
import dev.mmib.backend.host.HostResidualSum;
import dev.mmib.backend.kernel.Dropout;
import java.nio.FloatBuffer;

/** The host's normalizations, with {@link VectorSoftmax} and {@link VectorLayerNorm}. */
final class VectorNormKernels extends HostNormKernels {

  /** Floats of a chunk of rows. */
  private static final int CHUNK = 1 << 14;

  private static final Workers.Range NOTHING = (begin, end) -> {};

  private final Workers workers;
  private final VectorLayerNorm layerNorm;

  VectorNormKernels(Workers workers) {
    super(workers);
    this.workers = workers;
    this.layerNorm = new VectorLayerNorm(workers);
  }

  @Override
  public void softmax(Buffer x, Buffer y, int rows, int cols) {
    if (rows == 0 || cols == 0) {
      return;
    }
    FloatBuffer from = HostBuffer.floats(x);
    FloatBuffer to = HostBuffer.floats(y);
    workers.forEach(
        rows,
        Math.max(1, CHUNK / cols),
        (begin, end) ->
            VectorSoftmax.apply(from, begin * cols, to, begin * cols, end - begin, cols));
  }

  @Override
  public void layerNorm(
      Buffer x,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    if (cols == 0) {
      super.layerNorm(x, gamma, beta, eps, y, mean, invStd, rows, cols);
    } else {
      layerNorm.forward(NOTHING, x, gamma, beta, eps, y, mean, invStd, rows, cols);
    }
  }

  @Override
  public void residualLayerNorm(
      Dropout dropout,
      Buffer x,
      Buffer residual,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer sum,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    if (cols == 0) {
      super.residualLayerNorm(
          dropout, x, residual, gamma, beta, eps, sum, y, mean, invStd, rows, cols);
    } else {
      Workers.Range add = HostResidualSum.forwardPart(dropout, x, residual, sum);
      layerNorm.forward(add, sum, gamma, beta, eps, y, mean, invStd, rows, cols);
    }
  }
}
