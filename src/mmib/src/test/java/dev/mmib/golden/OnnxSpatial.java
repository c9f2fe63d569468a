package dev.mmib.golden;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.scale;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.golden.OnnxOps.Result;
import dev.mmib.image.ImageDecoder;
import dev.mmib.image.RgbImage;
import dev.mmib.op.Convolution;
import dev.mmib.op.Layout;
import dev.mmib.op.Normalization;
import dev.mmib.op.Pooling;
import java.util.Arrays;
import java.util.List;

/** ONNX operators over pictures. */
final class OnnxSpatial {

  /** What a window slides by. */
  private record Window(int kernel, int stride, int padding) {}

  private OnnxSpatial() {}

  static List<Result> conv(OnnxNode node) {
    NotApplicable.unless(node.input(0).rank() == 4, "Conv of other than two dimensions");
    NotApplicable.unless(
        node.text("auto_pad", "NOTSET").equals("NOTSET"), "auto_pad " + node.text("auto_pad", ""));
    var pads = node.integers("pads", 0, 0, 0, 0);
    NotApplicable.unless(
        pads[0] == pads[2] && pads[1] == pads[3], "padding that differs before and after");
    var strides = node.integers("strides", 1, 1);
    var dilations = node.integers("dilations", 1, 1);
    var options =
        new Convolution.Options(
            strides[0],
            strides[1],
            pads[0],
            pads[1],
            dilations[0],
            dilations[1],
            (int) node.integer("group", 1));
    return OnnxOps.close(
        Convolution.conv2d(node.floats(0), node.floats(1), node.optionalFloats(2), options));
  }

  static List<Result> maxPool(OnnxNode node) {
    var window = window(node);
    NotApplicable.unless(node.outputs().size() == 1, "MaxPool that gives its indices");
    return OnnxOps.exact(
        Pooling.maxPool2d(node.floats(0), window.kernel(), window.stride(), window.padding()));
  }

  static List<Result> averagePool(OnnxNode node) {
    var window = window(node);
    return OnnxOps.close(
        Pooling.averagePool2d(
            node.floats(0),
            window.kernel(),
            window.stride(),
            window.padding(),
            node.integer("count_include_pad", 0) != 0));
  }

  private static Window window(OnnxNode node) {
    NotApplicable.unless(node.input(0).rank() == 4, "pooling of other than two dimensions");
    int kernel = same("kernel_shape", node.integers("kernel_shape"));
    int stride = same("strides", node.integers("strides", 1, 1));
    NotApplicable.unless(
        Arrays.stream(node.integers("dilations", 1, 1)).allMatch(d -> d == 1),
        "dilations of pooling");
    var autoPad = node.text("auto_pad", "NOTSET");
    var pads = node.integers("pads", 0, 0, 0, 0);
    var dims = node.input(0).dims();
    if (autoPad.startsWith("SAME")) {
      for (int axis = 0; axis < 2; axis++) {
        int n = dims[2 + axis];
        int total = Math.max(0, ((n + stride - 1) / stride - 1) * stride + kernel - n);
        int small = total / 2;
        pads[axis] = autoPad.equals("SAME_UPPER") ? small : total - small;
        pads[2 + axis] = total - pads[axis];
      }
    }
    int padding = same("padding", pads);
    NotApplicable.unless(2 * padding <= kernel, "padding above half of the kernel");
    boolean ceil = node.integer("ceil_mode", 0) != 0;
    for (int axis = 0; axis < 2; axis++) {
      int rest = (dims[2 + axis] + 2 * padding - kernel) % stride;
      NotApplicable.unless(!ceil || rest == 0, "ceil_mode of pooling");
    }
    return new Window(kernel, stride, padding);
  }

  private static int same(String what, int... values) {
    NotApplicable.unless(
        Arrays.stream(values).allMatch(v -> v == values[0]), what + " that differs between sides");
    return values[0];
  }

  static List<Result> globalAveragePool(OnnxNode node) {
    var x = node.floats(0);
    var pooled = Pooling.globalAveragePool(x);
    return OnnxOps.close(Layout.reshape(pooled, x.shape().dim(0), x.shape().dim(1), 1, 1));
  }

  /** In training ONNX keeps 0.9 of the running statistics, and the variance is the biased one. */
  static List<Result> batchNormalization(OnnxNode node) {
    double eps = node.number("epsilon", 1e-5);
    var x = node.floats(0);
    var gamma = node.floats(1);
    var beta = node.floats(2);
    var mean = node.floats(3);
    var variance = node.floats(4);
    if (node.integer("training_mode", 0) == 0) {
      return OnnxOps.close(Normalization.batchNorm(x, gamma, beta, mean, variance, eps));
    }
    double momentum = node.number("momentum", 0.9);
    var normalized = Normalization.batchNormTraining(x, gamma, beta, eps);
    return List.of(
        Result.close(normalized.y()),
        Result.close(add(scale(mean, momentum), scale(normalized.mean(), 1 - momentum))),
        Result.close(add(scale(variance, momentum), scale(normalized.variance(), 1 - momentum))));
  }

  static List<Result> imageDecoder(OnnxNode node) {
    var format = node.text("pixel_format", "RGB");
    NotApplicable.unless(!format.equals("Grayscale"), "grey pictures");
    var wholes = node.input(0).wholes();
    var bytes = new byte[wholes.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) wholes[i];
    }
    RgbImage image;
    try {
      image = ImageDecoder.decode(bytes, node.name());
    } catch (MmibException e) {
      if (e.code() == ErrorCode.IMAGE_UNSUPPORTED) {
        throw new NotApplicable("picture format: " + e.what());
      }
      throw e;
    }
    var values = new float[image.rgb().length];
    for (int i = 0; i < values.length; i++) {
      int channel = i % 3;
      int from = format.equals("BGR") ? i - channel + 2 - channel : i;
      values[i] = image.rgb()[from] & 0xFF;
    }
    // JPEG decoders differ by a level or two: the standard leaves the transform's rounding open.
    boolean lossy = bytes[0] == (byte) 0xFF && bytes[1] == (byte) 0xD8;
    return List.of(
        new Result(new int[] {image.height(), image.width(), 3}, values, lossy ? 2 : 0, 0));
  }
}
