package dev.mmib.jmh;

import dev.mmib.backend.Device;
import dev.mmib.nn.Initializer;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.resnet.ResNet;
import dev.mmib.resnet.ResNetConfig;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * torchvision's ResNet-50 without its classifier, operator by operator, for an engine that has the
 * operators.
 *
 * <p>Strides lie in the 3×3 convolutions. DJL's {@code ResNetV1} has them in the 1×1 before it,
 * which is less work, so it is not what others are compared with.
 *
 * @param <T> what a value of the graph is
 */
public interface PictureNetwork<T> {

  /** The shape of the network. */
  ResNetConfig CONFIG = ResNetConfig.named("resnet50");

  /** Side of the pictures, in pixels. */
  int SIDE = 224;

  /** A convolution without bias; {@code weight} is its weights' name, padding half the kernel. */
  T convolution(String weight, T x, int kernel, int stride);

  /** A batch normalization; {@code name} stands before the names of its four vectors. */
  T normalization(String name, T x);

  T relu(T x);

  T add(T x, T y);

  /** 3×3 by steps of 2, one place of padding. */
  T maxPool(T x);

  /** The mean over places, [pictures, 2048]. */
  T mean(T x);

  /** A part of the network, of which everything but the result may be freed at its end. */
  default T contained(T x, UnaryOperator<T> part) {
    return part.apply(x);
  }

  /** The features of pictures, [pictures, 3, {@link #SIDE}, {@link #SIDE}]. */
  default T features(T pictures) {
    var x = contained(pictures, in -> maxPool(relu(step("conv1", "bn1", in, 7, 2))));
    for (int stage = 0; stage < CONFIG.blocks().size(); stage++) {
      for (int block = 0; block < CONFIG.blocks().get(stage); block++) {
        int stride = stage > 0 && block == 0 ? 2 : 1;
        var at = "layer" + (stage + 1) + "." + block + ".";
        boolean widens = block == 0;
        x = contained(x, in -> bottleneck(at, in, stride, widens));
      }
    }
    return mean(x);
  }

  private T bottleneck(String at, T x, int stride, boolean widens) {
    var y = relu(step(at + "conv1", at + "bn1", x, 1, 1));
    y = relu(step(at + "conv2", at + "bn2", y, 3, stride));
    y = step(at + "conv3", at + "bn3", y, 1, 1);
    var direct = widens ? step(at + "downsample.0", at + "downsample.1", x, 1, stride) : x;
    return relu(add(y, direct));
  }

  private T step(String convolution, String norm, T x, int kernel, int stride) {
    return normalization(norm, convolution(convolution + ".weight", x, kernel, stride));
  }

  /** Where every contender's weights come from. */
  static Weights random() {
    return Weights.random(1);
  }

  /** The numbers of all weights by torchvision's names. */
  static Map<String, float[]> weights() {
    var numbers = new LinkedHashMap<String, float[]>();
    try (var backend = Device.of("java").open();
        var parameters = new Parameters(backend, random());
        var scope = Scope.open(backend, Mode.INFER)) {
      ResNet.of(parameters, CONFIG);
      parameters.all().forEach((name, tensor) -> numbers.put(name, tensor.toFloats()));
      return numbers;
    }
  }

  /** Normalized pixels, the same for all. */
  static float[] pixels(int pictures) {
    return Initializer.normal(1).values(7, "pixels", Shape.of(pictures, 3, SIDE, SIDE)).toArray();
  }

  /** Multiplications and additions of a picture's forward pass: those of its convolutions. */
  static double operations() {
    var count = new OperationCount();
    count.features(new OperationCount.Extent(3, SIDE));
    return count.total();
  }

  /** Those of a forward and a backward pass: nothing is derived with respect to the pictures. */
  static double trainingOperations() {
    var stem = new OperationCount();
    stem.convolution("conv1.weight", new OperationCount.Extent(3, SIDE), 7, 2);
    return 3 * operations() - stem.total();
  }
}
