package dev.mmib.jmh.onnx;

import ai.onnxruntime.OrtException;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.PictureNetwork;
import dev.mmib.jmh.onnx.OnnxGraph.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** ResNet-50 as PyTorch exports it; ONNX Runtime folds its normalizations into convolutions. */
public final class OnnxResNet implements PictureNetwork<String> {

  private final OnnxGraph graph = new OnnxGraph();
  private final Map<String, int[]> shapes = CONFIG.shapes();
  private final Map<String, float[]> weights = PictureNetwork.weights();
  private int values;

  private OnnxResNet() {}

  /** A contender that computes the features of so many pictures. */
  public static Contender contender(int threads, int pictures) throws OrtException {
    return new OnnxContender(threads, new OnnxResNet().model(pictures))
        .with("pictures", PictureNetwork.pixels(pictures), pictures, 3, SIDE, SIDE);
  }

  private byte[] model(int pictures) {
    var batch = Integer.toString(pictures);
    var side = Integer.toString(SIDE);
    graph.input("pictures", Type.FLOAT, batch, "3", side, side);
    var features = features("pictures");
    return graph
        .output(features, Type.FLOAT, batch, Integer.toString(CONFIG.features()), "1", "1")
        .toBytes();
  }

  @Override
  public String convolution(String weight, String x, int kernel, int stride) {
    long padding = kernel / 2;
    return node(
        "Conv",
        List.of(x, constant(weight)),
        Map.of(
            "kernel_shape",
            new long[] {kernel, kernel},
            "strides",
            new long[] {stride, stride},
            "pads",
            new long[] {padding, padding, padding, padding}));
  }

  @Override
  public String normalization(String name, String x) {
    return node(
        "BatchNormalization",
        List.of(
            x,
            constant(name + ".weight"),
            constant(name + ".bias"),
            constant(name + ".running_mean"),
            constant(name + ".running_var")),
        Map.of("epsilon", 1e-5f));
  }

  @Override
  public String relu(String x) {
    return node("Relu", List.of(x), Map.of());
  }

  @Override
  public String add(String x, String y) {
    return node("Add", List.of(x, y), Map.of());
  }

  @Override
  public String maxPool(String x) {
    return node(
        "MaxPool",
        List.of(x),
        Map.of(
            "kernel_shape",
            new long[] {3, 3},
            "strides",
            new long[] {2, 2},
            "pads",
            new long[] {1, 1, 1, 1}));
  }

  @Override
  public String mean(String x) {
    return node("GlobalAveragePool", List.of(x), Map.of());
  }

  private String node(String operator, List<String> inputs, Map<String, ?> attributes) {
    return graph.node(operator, "value" + values++, inputs, attributes);
  }

  private String constant(String name) {
    var numbers = weights.get(name);
    var shape = shapes.get(name);
    if (numbers == null || shape == null) {
      throw new IllegalArgumentException("network: no weights '" + name + "'");
    }
    graph.weight(name, numbers, Arrays.stream(shape).asLongStream().toArray());
    return name;
  }
}
