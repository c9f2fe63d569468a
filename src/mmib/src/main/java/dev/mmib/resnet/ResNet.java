package dev.mmib.resnet;

import dev.mmib.nn.BatchNorm2d.Statistics;
import dev.mmib.nn.Contained;
import dev.mmib.nn.Parameters;
import dev.mmib.op.Pooling;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A residual network for pictures, without its classifier.
 *
 * <p>Source: He, Zhang, Ren, Sun, "Deep residual learning" (CVPR 2016). Names of weights are
 * torchvision's; strides lie in the 3×3 convolutions, as there.
 */
public record ResNet(ResNetConfig config, Block.Step stem, List<List<Block>> stages) {

  public ResNet {
    stages = List.copyOf(stages);
  }

  public static ResNet of(Parameters at, ResNetConfig config) {
    var stem = Block.Step.of(at.at("conv1"), at.at("bn1"), 3, config.width(), 7, 2);
    var stages = new ArrayList<List<Block>>();
    int in = config.width();
    for (int s = 0; s < config.blocks().size(); s++) {
      var stage = new ArrayList<Block>();
      int width = config.width() << s;
      for (int b = 0; b < config.blocks().get(s); b++) {
        int stride = s > 0 && b == 0 ? 2 : 1;
        stage.add(Block.of(at.at("layer" + (s + 1), b), config.isBottleneck(), in, width, stride));
        in = config.isBottleneck() ? width * Block.EXPANSION : width;
      }
      stages.add(List.copyOf(stage));
    }
    return new ResNet(config, stem, stages);
  }

  /**
   * The pictures after the stem (convolution, relu and pooling), then after each stage.
   *
   * @param pixels [pictures, 3, height, width], normalized
   */
  public List<Tensor> stages(Tensor pixels, Statistics statistics) {
    var results = new ArrayList<Tensor>();
    results.add(
        Contained.inInference(
            () -> Pooling.maxPool2d(stem.forward(pixels, statistics, null, true), 3, 2, 1)));
    for (var stage : stages) {
      var x = results.get(results.size() - 1);
      for (var block : stage) {
        var in = x;
        x = Contained.inInference(() -> block.forward(in, statistics));
      }
      results.add(x);
    }
    return results;
  }

  /** The mean over the last stage's places, [pictures, features]. */
  public Tensor features(Tensor pixels, Statistics statistics) {
    return Contained.inInference(
        () -> Pooling.globalAveragePool(stages(pixels, statistics).get(stages.size())));
  }
}
