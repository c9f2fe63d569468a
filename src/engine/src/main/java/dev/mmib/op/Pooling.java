package dev.mmib.op;

import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.PoolingKernels.Pool2d;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;

/**
 * Pooling over the last two axes, the height and width of images.
 *
 * <pre>
 *   max       y[w] = max of x over window w          dx[first argmax of w] += dy[w]
 *   average   y[w] = mean of x over window w         dx[each of w] += dy[w] / |w|
 * </pre>
 */
public final class Pooling {

  private Pooling() {}

  /**
   * The largest element of each window; padding counts as −∞.
   *
   * @param x [.., H, W]
   * @param padding at most half the kernel
   * @return [.., H′, W′] with H′ = ⌊(H + 2·padding − kernel) / stride⌋ + 1
   */
  public static Tensor maxPool2d(Tensor x, int kernel, int stride, int padding) {
    var pool = sizes("maxPool2d", x, kernel, stride, padding);
    var scope = Scope.current();
    var shape = outShape(x, pool.outHeight(), pool.outWidth());
    var y = scope.allocate(shape);
    if (scope.mode() == Mode.INFER) {
      scope.backend().pooling().max(pool, x.buffer(), y.buffer(), null);
      return y;
    }
    var argmax = scope.allocateInts(shape);
    scope.backend().pooling().max(pool, x.buffer(), y.buffer(), argmax.buffer());
    return Tape.record("maxPool2d", y)
        .wrt(
            x,
            dy -> {
              var dx = Scope.current().allocate(x.shape());
              var kernels = Scope.current().backend().pooling();
              kernels.maxGrad(pool, argmax.buffer(), dy.buffer(), dx.buffer());
              return dx;
            })
        .result();
  }

  /**
   * The mean of each window.
   *
   * @param x [.., H, W]
   * @param padding at most half the kernel
   * @param countPadding whether padding counts in the divisor
   * @return [.., H′, W′] as for {@link #maxPool2d}
   */
  public static Tensor averagePool2d(
      Tensor x, int kernel, int stride, int padding, boolean countPadding) {
    var pool = sizes("averagePool2d", x, kernel, stride, padding);
    var scope = Scope.current();
    var y = scope.allocate(outShape(x, pool.outHeight(), pool.outWidth()));
    scope.backend().pooling().average(pool, countPadding, x.buffer(), y.buffer());
    return Tape.record("averagePool2d", y)
        .wrt(
            x,
            dy -> {
              var dx = Scope.current().allocate(x.shape());
              var kernels = Scope.current().backend().pooling();
              kernels.averageGrad(pool, countPadding, dy.buffer(), dx.buffer());
              return dx;
            })
        .result();
  }

  /**
   * Means of {@code outHeight × outWidth} windows that cover the image; window i of n has the rows
   * ⌊i·H/n⌋ to ⌈(i+1)·H/n⌉.
   *
   * @param x [.., H, W]
   * @return [.., outHeight, outWidth]
   */
  public static Tensor adaptiveAveragePool2d(Tensor x, int outHeight, int outWidth) {
    requireImages("adaptiveAveragePool2d", x);
    if (outHeight < 1 || outWidth < 1) {
      throw Checks.refused(
          "adaptiveAveragePool2d", "output size", outHeight + "×" + outWidth, "1×1 or more");
    }
    return adaptive(x, outHeight, outWidth, outShape(x, outHeight, outWidth));
  }

  /**
   * The mean of each plane.
   *
   * @param x [B, C, H, W]
   * @return [B, C]
   */
  public static Tensor globalAveragePool(Tensor x) {
    Checks.requireRank("globalAveragePool", "input", x, 4);
    return adaptive(x, 1, 1, Shape.of(x.shape().dim(0), x.shape().dim(1)));
  }

  private static Tensor adaptive(Tensor x, int outHeight, int outWidth, Shape shape) {
    int height = x.shape().dim(-2);
    int width = x.shape().dim(-1);
    int planes = x.shape().size() / (height * width);
    var scope = Scope.current();
    var y = scope.allocate(shape);
    scope
        .backend()
        .pooling()
        .adaptiveAverage(planes, height, width, outHeight, outWidth, x.buffer(), y.buffer());
    return Tape.record("adaptiveAveragePool2d", y)
        .wrt(
            x,
            dy -> {
              var dx = Scope.current().allocate(x.shape());
              var kernels = Scope.current().backend().pooling();
              kernels.adaptiveAverageGrad(
                  planes, height, width, outHeight, outWidth, dy.buffer(), dx.buffer());
              return dx;
            })
        .result();
  }

  private static Shape outShape(Tensor x, int height, int width) {
    return x.shape().with(-2, height).with(-1, width);
  }

  private static void requireImages(String op, Tensor x) {
    Checks.require(x.type() == DType.F32, op, "input must be floats", x, DType.F32);
    Checks.require(x.shape().rank() >= 2, op, "input must have 2 axes or more", x.shape(), 2);
  }

  private static Pool2d sizes(String op, Tensor x, int kernel, int stride, int padding) {
    requireImages(op, x);
    if (kernel < 1 || stride < 1) {
      throw Checks.refused(op, "kernel and stride", kernel + " and " + stride, "1 or more");
    }
    if (padding < 0 || padding > kernel / 2) {
      throw Checks.refused(
          op, "padding out of range", padding, "0 to half of the kernel " + kernel);
    }
    int height = x.shape().dim(-2);
    int width = x.shape().dim(-1);
    if (kernel > Math.min(height, width) + 2L * padding) {
      throw Checks.refused(
          op,
          "the kernel is larger than the padded image",
          kernel,
          x.shape() + " padded by " + padding);
    }
    return new Pool2d(
        x.shape().size() / (height * width),
        height,
        width,
        kernel,
        kernel,
        stride,
        stride,
        padding,
        padding);
  }
}
