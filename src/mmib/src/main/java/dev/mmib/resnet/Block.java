package dev.mmib.resnet;

import dev.mmib.nn.BatchNorm2d;
import dev.mmib.nn.BatchNorm2d.Statistics;
import dev.mmib.nn.Conv2d;
import dev.mmib.nn.Parameters;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A residual block: y = relu(convolutions(x) + shortcut(x)).
 *
 * @param steps two of 3×3 (basic), or 1×1, 3×3, 1×1 (bottleneck), with a relu between
 * @param shortcut where the extents change; null for the identity
 */
public record Block(List<Step> steps, @Nullable Step shortcut) {

  /** By how much a bottleneck's last convolution widens. */
  static final int EXPANSION = 4;

  /** A convolution and its normalization. */
  public record Step(Conv2d convolution, BatchNorm2d norm) {

    static Step of(
        Parameters atConvolution, Parameters atNorm, int in, int out, int kernel, int stride) {
      return new Step(
          Conv2d.of(atConvolution, in, out, kernel, stride), BatchNorm2d.of(atNorm, out));
    }

    /** Convolved and normalized, plus {@code residual} if there is one, rectified if so. */
    Tensor forward(Tensor x, Statistics statistics, @Nullable Tensor residual, boolean relu) {
      return statistics == Statistics.RUNNING
          ? convolution.forward(x, norm, residual, relu)
          : norm.training(convolution.forward(x), residual, relu);
    }
  }

  public Block {
    steps = List.copyOf(steps);
  }

  /**
   * A block of torchvision's names.
   *
   * @param width channels inside
   */
  static Block of(Parameters at, boolean isBottleneck, int in, int width, int stride) {
    var steps = new ArrayList<Step>();
    int out = isBottleneck ? width * EXPANSION : width;
    if (isBottleneck) {
      steps.add(step(at, 1, in, width, 1, 1));
      steps.add(step(at, 2, width, width, 3, stride));
      steps.add(step(at, 3, width, out, 1, 1));
    } else {
      steps.add(step(at, 1, in, width, 3, stride));
      steps.add(step(at, 2, width, out, 3, 1));
    }
    var shortcut =
        stride == 1 && in == out
            ? null
            : Step.of(at.at("downsample.0"), at.at("downsample.1"), in, out, 1, stride);
    return new Block(steps, shortcut);
  }

  private static Step step(Parameters at, int number, int in, int out, int kernel, int stride) {
    return Step.of(at.at("conv" + number), at.at("bn" + number), in, out, kernel, stride);
  }

  Tensor forward(Tensor x, Statistics statistics) {
    var direct = shortcut == null ? x : shortcut.forward(x, statistics, null, false);
    var deep = x;
    for (var step : steps.subList(0, steps.size() - 1)) {
      deep = step.forward(deep, statistics, null, true);
    }
    return steps.get(steps.size() - 1).forward(deep, statistics, direct, true);
  }
}
