package dev.mmib.cpu;

import dev.mmib.backend.DType;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;

/** Weights of 3×3 as Winograd's 36 products want them: G w Gᵀ, product by product. */
final class WinogradWeights implements FoldedNorm.Arrangement, AutoCloseable {

  private static final int POINTS = WinogradLines.INPUTS;
  private static final int SIDE = 3;
  private static final int PLACES = SIDE * SIDE;

  /** Kernels that are transformed at once. */
  private static final int SOME = 1024;

  private final OneDnn oneDnn;
  private final WeightOrder order;

  /**
   * Of one convolution.
   *
   * @param order in which each product takes its weights, [out, in, 1, 1]; is taken over
   */
  WinogradWeights(OneDnn oneDnn, WeightOrder order) {
    this.oneDnn = oneDnn;
    this.order = order;
  }

  @Override
  public String name() {
    return "F(4, 3) " + order.name();
  }

  @Override
  public int floats() {
    return POINTS * POINTS * order.floats();
  }

  @Override
  public OffHeapMemory memory() {
    return oneDnn.memory();
  }

  /** Bytes from the first product's weights to those of a product. */
  long offset(int product) {
    return 4L * order.floats() * product;
  }

  @Override
  public void arrange(BytePointer plainly, BytePointer to) {
    int kernels = order.length();
    try (var transformed = memory().allocate(DType.F32, POINTS * POINTS * kernels)) {
      var from = ChannelBlocks.floats(plainly);
      var rows = transformed.floats();
      int tasks = (kernels + SOME - 1) / SOME;
      oneDnn.forEach(
          tasks, task -> transform(from, task * SOME, Math.min(SOME, kernels - task * SOME), rows));
      var start = transformed.pointer();
      for (int product = 0; product < POINTS * POINTS; product++) {
        order.arrange(start.getPointer(4L * kernels * product), to.getPointer(offset(product)));
      }
    }
  }

  private void transform(FloatBuffer w, int first, int count, FloatBuffer to) {
    var g = new double[POINTS][];
    for (int k = 0; k < POINTS; k++) {
      g[k] = WinogradLines.weights(k);
    }
    var kernels = new float[PLACES * count];
    w.get(PLACES * first, kernels, 0, kernels.length);
    var line = new float[count];
    for (int i = 0; i < POINTS; i++) {
      for (int j = 0; j < POINTS; j++) {
        for (int k = 0; k < count; k++) {
          double value = 0;
          for (int p = 0; p < SIDE; p++) {
            for (int q = 0; q < SIDE; q++) {
              value += g[i][p] * g[j][q] * kernels[k * PLACES + p * SIDE + q];
            }
          }
          line[k] = (float) value;
        }
        to.put((i * POINTS + j) * order.length() + first, line);
      }
    }
  }

  @Override
  public void close() {
    order.close();
  }
}
