package dev.mmib.cpu;

import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import java.nio.FloatBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.BytePointer;

/** Weights of 3×3 as Winograd's 36 products want them: G w Gᵀ, product by product. */
final class WinogradWeights implements FoldedNorm.Arrangement, AutoCloseable {

  private static final int POINTS = WinogradLines.INPUTS;
  private static final int SIDE = 3;
  private static final int PLACES = SIDE * SIDE;

  /** Kernels that are transformed at once. */
  private static final int SOME = 512;

  private final OneDnn oneDnn;
  private final boolean turned;
  private final WeightOrder order;
  private final float[][] factors = new float[POINTS][SIDE];
  private final Queue<Lines> idle = new ConcurrentLinkedQueue<>();

  /** The working memory of one thread. */
  private static final class Lines {
    private final float[][] taps = new float[PLACES][SOME];
    private final float[][] rows = new float[SIDE][SOME];
    private final float[] product = new float[SOME];
  }

  /**
   * Of one convolution, or of the derivative with respect to its input, which is a convolution by
   * kernels turned upside down, from outputs to inputs.
   *
   * @param out channels that this convolution gives
   * @param in channels that it takes
   * @param turned whether the weights lie as [in, out, 3, 3], to be turned
   * @param desc how a product takes its weights, [out, in, 1, 1]; stays its owner's
   */
  WinogradWeights(OneDnn oneDnn, int out, int in, boolean turned, memory.desc desc) {
    this.oneDnn = oneDnn;
    this.turned = turned;
    long[] strides = {turned ? PLACES : (long) PLACES * in, turned ? (long) PLACES * out : PLACES};
    this.order =
        new WeightOrder(
            oneDnn, new long[] {out, in, 1, 1}, new long[] {strides[0], strides[1], 1, 1}, desc);
    for (int k = 0; k < POINTS; k++) {
      double[] row = WinogradLines.weights(k);
      for (int i = 0; i < SIDE; i++) {
        factors[k][i] = (float) row[i];
      }
    }
  }

  /** Numbers of a convolution's weights. */
  static int ordered(Conv2d c) {
    return PLACES * c.inChannels() * c.outChannels();
  }

  /** Numbers of them as the products take them. */
  static int transformed(Conv2d c) {
    return POINTS * POINTS * c.inChannels() * c.outChannels();
  }

  @Override
  public String name() {
    return (turned ? "F(4, 3) turned " : "F(4, 3) ") + order.name();
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

  /** Puts each place of all kernels in order first: from there on, kernels are neighbours. */
  @Override
  public void arrange(BytePointer plainly, BytePointer to) {
    int kernels = order.floats();
    try (var ordered = memory().allocate(DType.F32, PLACES * kernels)) {
      var start = ordered.pointer();
      for (int tap = 0; tap < PLACES; tap++) {
        int place = turned ? PLACES - 1 - tap : tap;
        order.arrange(plainly.getPointer(4L * place), start.getPointer(4L * kernels * tap));
      }
      var taps = ordered.floats();
      var products = ChannelBlocks.floats(to);
      int tasks = (kernels + SOME - 1) / SOME;
      oneDnn.forEach(
          tasks,
          task -> {
            var kept = idle.poll();
            var lines = kept != null ? kept : new Lines();
            transform(taps, task * SOME, Math.min(SOME, kernels - task * SOME), lines, products);
            idle.add(lines);
          });
    }
  }

  private void transform(FloatBuffer taps, int first, int n, Lines lines, FloatBuffer to) {
    int kernels = order.floats();
    float[][] w = lines.taps;
    for (int tap = 0; tap < PLACES; tap++) {
      taps.get(tap * kernels + first, w[tap], 0, n);
    }
    for (int i = 0; i < POINTS; i++) {
      for (int q = 0; q < SIDE; q++) {
        combine(factors[i], w[q], w[SIDE + q], w[2 * SIDE + q], lines.rows[q], n);
      }
      for (int j = 0; j < POINTS; j++) {
        combine(factors[j], lines.rows[0], lines.rows[1], lines.rows[2], lines.product, n);
        to.put((i * POINTS + j) * kernels + first, lines.product, 0, n);
      }
    }
  }

  private static void combine(float[] factors, float[] x, float[] y, float[] z, float[] to, int n) {
    float a = factors[0];
    float b = factors[1];
    float c = factors[2];
    for (int i = 0; i < n; i++) {
      to[i] = a * x[i] + b * y[i] + c * z[i];
    }
  }

  @Override
  public void close() {
    order.close();
  }
}
