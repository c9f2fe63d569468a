package dev.mmib.op;

import dev.mmib.backend.kernel.ConvolutionKernels;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Two-dimensional convolution (cross-correlation, as in torch).
 *
 * <pre>
 *   y[b,o,i,j]  = bias[o] + Σ_{c,p,q} x[b, c, i·s−pad+p·dil, j·s−pad+q·dil] · w[o,c,p,q]
 *
 *   dx[b,c,u,v] = Σ dy[b,o,i,j] · w[o,c,p,q]  over o, i, j, p, q with u = i·s−pad+p·dil, v likewise
 *   dw[o,c,p,q] = Σ_{b,i,j} dy[b,o,i,j] · x[b, c, i·s−pad+p·dil, j·s−pad+q·dil]
 *   dbias[o]    = Σ_{b,i,j} dy[b,o,i,j]
 * </pre>
 */
public final class Convolution {

  private Convolution() {}

  /** How the kernel moves over the image; padding is zeros, the same on both sides. */
  public record Options(
      int strideHeight,
      int strideWidth,
      int padHeight,
      int padWidth,
      int dilationHeight,
      int dilationWidth,
      int groups) {

    /** The same stride and padding along both axes, no dilation, one group. */
    public static Options of(int stride, int padding) {
      return new Options(stride, stride, padding, padding, 1, 1, 1);
    }

    /** These options with another number of groups. */
    public Options withGroups(int groups) {
      return new Options(
          strideHeight, strideWidth, padHeight, padWidth, dilationHeight, dilationWidth, groups);
    }
  }

  /**
   * Convolves a batch of images.
   *
   * @param x [B, C, H, W]
   * @param w [O, C/groups, kernel height, kernel width]
   * @param bias [O] or null
   * @return [B, O, H′, W′] with H′ = ⌊(H + 2·pad − dil·(kernel − 1) − 1) / stride⌋ + 1
   */
  public static Tensor conv2d(Tensor x, Tensor w, @Nullable Tensor bias, Options options) {
    var conv = sizes(x, w, bias, options);
    var scope = Scope.current();
    var y =
        scope.allocate(
            Shape.of(conv.batch(), conv.outChannels(), conv.outHeight(), conv.outWidth()));
    scope
        .backend()
        .convolution()
        .forward(conv, x.buffer(), w.buffer(), bias == null ? null : bias.buffer(), y.buffer());
    var record =
        Tape.record("conv2d", y)
            .wrt(x, dy -> inputGradient(conv, dy, w, x.shape()))
            .wrt(w, dy -> weightGradient(conv, x, dy, w.shape()));
    return bias == null ? record.result() : record.wrt(bias, Convolution::biasGradient).result();
  }

  /**
   * A batch norm by given statistics, all [O].
   *
   * @param mean a constant
   * @param variance a constant
   */
  public record Norm(Tensor gamma, Tensor beta, Tensor mean, Tensor variance, double eps) {}

  /**
   * A convolution without bias and what follows it in a residual network.
   *
   * <pre>
   *   y = relu(batchNorm(conv2d(x, w)) + residual)
   * </pre>
   *
   * <p>Where nothing is differentiated, in an INFER scope, a device may fold the norm into the
   * weights and do the rest on the way.
   *
   * @param residual [B, O, H′, W′] or null
   * @param relu whether the sum is rectified
   */
  public static Tensor normalized(
      Tensor x, Tensor w, Options options, Norm norm, @Nullable Tensor residual, boolean relu) {
    var conv = sizes(x, w, null, options);
    var shape = Shape.of(conv.batch(), conv.outChannels(), conv.outHeight(), conv.outWidth());
    for (var part : List.of(norm.gamma(), norm.beta(), norm.mean(), norm.variance())) {
      Checks.requireShape("conv2d", "norm", part, Shape.of(conv.outChannels()));
    }
    if (residual != null) {
      Checks.requireShape("conv2d", "residual", residual, shape);
    }
    var scope = Scope.current();
    var kernels = scope.backend().convolution();
    if (scope.mode() == Mode.TRAIN || !kernels.folds(conv)) {
      var y =
          Normalization.batchNorm(
              conv2d(x, w, null, options),
              norm.gamma(),
              norm.beta(),
              norm.mean(),
              norm.variance(),
              norm.eps());
      var sum = residual == null ? y : Arithmetic.add(y, residual);
      return relu ? Activation.relu(sum) : sum;
    }
    var y = scope.allocate(shape);
    kernels.normalized(
        conv,
        x.buffer(),
        w.buffer(),
        new ConvolutionKernels.Norm(
            norm.gamma().buffer(),
            norm.beta().buffer(),
            norm.mean().buffer(),
            norm.variance().buffer(),
            norm.eps()),
        residual == null ? null : residual.buffer(),
        relu,
        y.buffer());
    return y;
  }

  private static Tensor inputGradient(Conv2d conv, Tensor dy, Tensor w, Shape shape) {
    var scope = Scope.current();
    var dx = scope.allocate(shape);
    scope.backend().convolution().backwardData(conv, dy.buffer(), w.buffer(), dx.buffer());
    return dx;
  }

  private static Tensor weightGradient(Conv2d conv, Tensor x, Tensor dy, Shape shape) {
    var scope = Scope.current();
    var dw = scope.allocate(shape);
    scope.backend().convolution().backwardWeights(conv, x.buffer(), dy.buffer(), dw.buffer());
    return dw;
  }

  private static Tensor biasGradient(Tensor dy) {
    var scope = Scope.current();
    var reduction = scope.backend().reduction();
    int batch = dy.shape().dim(0);
    int channels = dy.shape().dim(1);
    int pixels = dy.shape().product(2, 4);
    var perImage = scope.allocate(Shape.of(batch, channels));
    var dbias = scope.allocate(Shape.of(channels));
    reduction.sum(dy.buffer(), perImage.buffer(), batch * channels, pixels, 1);
    reduction.sum(perImage.buffer(), dbias.buffer(), 1, batch, channels);
    return dbias;
  }

  private static Conv2d sizes(Tensor x, Tensor w, @Nullable Tensor bias, Options options) {
    Checks.requireRank("conv2d", "input", x, 4);
    Checks.requireRank("conv2d", "weight", w, 4);
    Checks.require(
        Math.min(options.strideHeight(), options.strideWidth()) >= 1
            && Math.min(options.dilationHeight(), options.dilationWidth()) >= 1
            && Math.min(options.padHeight(), options.padWidth()) >= 0,
        "conv2d",
        "options out of range",
        options,
        "strides and dilations from 1, padding from 0");
    int channels = x.shape().dim(1);
    int outs = w.shape().dim(0);
    int groups = options.groups();
    if (groups < 1 || channels % groups != 0 || outs % groups != 0) {
      throw Checks.refused(
          "conv2d",
          "groups do not divide the channels",
          groups,
          channels + " in, " + outs + " out");
    }
    if (w.shape().dim(1) != channels / groups) {
      throw Checks.refused(
          "conv2d",
          "channels of weight and input differ",
          w.shape(),
          x.shape() + " in " + groups + " groups");
    }
    if (bias != null) {
      Checks.requireShape("conv2d", "bias", bias, Shape.of(outs));
    }
    requireRoom(x, w, options);
    return new Conv2d(
        x.shape().dim(0),
        channels,
        x.shape().dim(2),
        x.shape().dim(3),
        outs,
        w.shape().dim(2),
        w.shape().dim(3),
        options.strideHeight(),
        options.strideWidth(),
        options.padHeight(),
        options.padWidth(),
        options.dilationHeight(),
        options.dilationWidth(),
        groups);
  }

  private static void requireRoom(Tensor x, Tensor w, Options options) {
    long height = x.shape().dim(2) + 2L * options.padHeight();
    long width = x.shape().dim(3) + 2L * options.padWidth();
    long kernelHeight = (w.shape().dim(2) - 1L) * options.dilationHeight() + 1;
    long kernelWidth = (w.shape().dim(3) - 1L) * options.dilationWidth() + 1;
    if (kernelHeight > height || kernelWidth > width) {
      throw Checks.refused(
          "conv2d",
          "the kernel is larger than the padded image",
          kernelHeight + "×" + kernelWidth,
          height + "×" + width);
    }
  }
}
