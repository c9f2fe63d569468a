package dev.mmib.golden;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.scale;

import dev.mmib.golden.GoldenRun.Context;
import dev.mmib.io.JsonObject;
import dev.mmib.op.Convolution;
import dev.mmib.op.Normalization;
import dev.mmib.op.Pooling;

/** Golden operators over [batch, channels, height, width]. */
final class SpatialOps {

  private SpatialOps() {}

  static void conv2d(Context c) {
    var params = c.golden().params();
    var stride = pair(params, "stride", 1);
    var padding = pair(params, "padding", 0);
    var dilation = pair(params, "dilation", 1);
    var options =
        new Convolution.Options(
            stride[0],
            stride[1],
            padding[0],
            padding[1],
            dilation[0],
            dilation[1],
            params.integer("groups", 1));
    c.out("y", Convolution.conv2d(c.in("x"), c.in("weight"), c.optional("bias"), options));
  }

  static void maxPool2d(Context c) {
    var params = c.golden().params();
    int kernel = same(params, "kernel", 0);
    c.out(
        "y",
        Pooling.maxPool2d(
            c.in("x"), kernel, same(params, "stride", kernel), same(params, "padding", 0)));
  }

  static void averagePool2d(Context c) {
    var params = c.golden().params();
    int kernel = same(params, "kernel", 0);
    c.out(
        "y",
        Pooling.averagePool2d(
            c.in("x"),
            kernel,
            same(params, "stride", kernel),
            same(params, "padding", 0),
            params.bool("count_include_pad", true)));
  }

  static void adaptiveAveragePool2d(Context c) {
    var out = pair(c.golden().params(), "out", 1);
    c.out("y", Pooling.adaptiveAveragePool2d(c.in("x"), out[0], out[1]));
  }

  static void batchNorm(Context c) {
    var params = c.golden().params();
    var mean = c.in("const_running_mean");
    var variance = c.in("const_running_var");
    double eps = params.number("eps", 1e-5);
    if (!params.string("mode").equals("train")) {
      c.out(
          "y",
          Normalization.batchNorm(c.in("x"), c.in("weight"), c.in("bias"), mean, variance, eps));
      c.out("running_mean_after", mean).out("running_var_after", variance);
      return;
    }
    double momentum = params.number("momentum", 0.1);
    var normalized = Normalization.batchNormTraining(c.in("x"), c.in("weight"), c.in("bias"), eps);
    c.out("y", normalized.y());
    if (!c.isForGradients()) {
      double n = (double) c.in("x").shape().size() / mean.shape().size();
      double unbiased = n / (n - 1);
      c.out(
          "running_mean_after", add(scale(mean, 1 - momentum), scale(normalized.mean(), momentum)));
      c.out(
          "running_var_after",
          add(scale(variance, 1 - momentum), scale(normalized.variance(), momentum * unbiased)));
    }
  }

  /** A number for both axes, or one for each. */
  private static int[] pair(JsonObject params, String key, int otherwise) {
    if (params.absent(key)) {
      return new int[] {otherwise, otherwise};
    }
    if (params.at(key) instanceof dev.mmib.io.JsonArray array) {
      return array.ints();
    }
    return new int[] {params.integer(key), params.integer(key)};
  }

  private static int same(JsonObject params, String key, int otherwise) {
    var both = pair(params, key, otherwise);
    if (both[0] != both[1]) {
      throw new AssertionError("pooling: '" + key + "' differs between the axes: not supported");
    }
    return both[0];
  }
}
