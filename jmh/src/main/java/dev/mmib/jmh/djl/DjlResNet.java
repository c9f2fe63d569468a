package dev.mmib.jmh.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.PictureNetwork;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** ResNet-50 from DJL's operators, those that its blocks call. */
public final class DjlResNet implements Contender {

  private final Engine engine;
  private final NDManager manager;
  private final Map<String, NDArray> weights = new HashMap<>();
  private final NDArray pixels;
  private final boolean training;
  private float[] result = NO_RESULT;

  /** One for so many pictures. */
  public DjlResNet(int threads, int pictures, boolean training) {
    this.engine = Djl.engine(threads);
    this.manager = engine.newBaseManager();
    this.training = training;
    var shapes = PictureNetwork.CONFIG.shapes();
    PictureNetwork.weights()
        .forEach(
            (name, numbers) -> {
              int[] dims = shapes.get(name);
              if (dims == null) {
                throw new IllegalStateException("weights: no shape of '" + name + "'");
              }
              long[] extents = Arrays.stream(dims).asLongStream().toArray();
              var weight = manager.create(numbers, new Shape(extents));
              weight.setRequiresGradient(training && !name.contains(".running_"));
              weights.put(name, weight);
            });
    int side = PictureNetwork.SIDE;
    pixels = manager.create(PictureNetwork.pixels(pictures), new Shape(pictures, 3, side, side));
  }

  @Override
  public void run() {
    try (var step = manager.newSubManager()) {
      pixels.attach(step); // results belong to the manager of the first argument
      if (training) {
        train();
      } else {
        result = new Network().features(pixels).toFloatArray();
      }
      pixels.attach(manager);
    }
  }

  /** Gradients are left to add up over the runs, which costs less than setting them to zero. */
  private void train() {
    try (var collector = engine.newGradientCollector()) {
      var loss = new Network().features(pixels).mean();
      collector.backward(loss);
      result = new float[] {loss.getFloat()};
    }
  }

  @Override
  public float[] result() {
    run();
    return result;
  }

  private NDArray weight(String name) {
    var found = weights.get(name);
    if (found == null) {
      throw new IllegalArgumentException("network: no weights '" + name + "'");
    }
    return found;
  }

  private final class Network implements PictureNetwork<NDArray> {

    @Override
    public NDArray contained(NDArray x, UnaryOperator<NDArray> part) {
      if (training) {
        return part.apply(x); // the tape needs all of it
      }
      var outer = x.getManager();
      try (var inner = outer.newSubManager()) {
        x.attach(inner);
        var y = part.apply(x);
        y.attach(outer);
        pixels.attach(outer); // the first part's argument outlives it
        return y;
      }
    }

    @Override
    public NDArray convolution(String name, NDArray x, int kernel, int stride) {
      var strides = new Shape(stride, stride);
      var padding = new Shape(kernel / 2, kernel / 2);
      return Conv2d.conv2d(x, weight(name), null, strides, padding).singletonOrThrow();
    }

    @Override
    public NDArray normalization(String name, NDArray x) {
      return BatchNorm.batchNorm(
              x,
              weight(name + ".running_mean"),
              weight(name + ".running_var"),
              weight(name + ".weight"),
              weight(name + ".bias"),
              1,
              0.9f,
              1e-5f,
              training)
          .singletonOrThrow();
    }

    @Override
    public NDArray relu(NDArray x) {
      return Activation.relu(x);
    }

    @Override
    public NDArray add(NDArray x, NDArray y) {
      return x.add(y);
    }

    @Override
    public NDArray maxPool(NDArray x) {
      return Pool.maxPool2d(x, new Shape(3, 3), new Shape(2, 2), new Shape(1, 1), false);
    }

    @Override
    public NDArray mean(NDArray x) {
      return Pool.globalAvgPool2d(x);
    }
  }

  @Override
  public String description() {
    return Djl.description(engine);
  }

  @Override
  public void close() {
    manager.close();
  }
}
