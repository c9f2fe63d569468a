package dev.mmib.jmh.onnx;

import ai.onnxruntime.OrtException;
import dev.mmib.bert.BertConfig;
import dev.mmib.io.SafeTensors;
import dev.mmib.jmh.BertBase;
import dev.mmib.jmh.BertInput;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.onnx.OnnxGraph.Type;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * BERT as a graph: either of ONNX's own operators, as models are exported, or as ONNX Runtime's
 * tool for transformers leaves them, where attention, GELU with its bias, and layer norm with its
 * residual are a node each.
 */
public final class OnnxBert {

  private final SafeTensors weights;
  private final BertConfig config = BertBase.CONFIG;
  private final int hidden = config.hiddenSize();
  private final OnnxGraph graph = new OnnxGraph();
  private final boolean isFused;

  private OnnxBert(SafeTensors weights, boolean isFused) {
    this.weights = weights;
    this.isFused = isFused;
  }

  /** A contender that computes the last hidden states by the fewest nodes. */
  public static Contender fused(int threads, BertInput input) throws IOException, OrtException {
    return contender(threads, input, true);
  }

  /** The same by ONNX's own operators; what is fused is left to the session's optimizer. */
  public static Contender plain(int threads, BertInput input) throws IOException, OrtException {
    return contender(threads, input, false);
  }

  private static Contender contender(int threads, BertInput input, boolean isFused)
      throws IOException, OrtException {
    BertBase.directory();
    try (var weights = SafeTensors.open(BertBase.weights())) {
      return new OnnxContender(threads, new OnnxBert(weights, isFused).model(input.tokens()))
          .with("ids", input.ids(), input.batch(), input.tokens());
    }
  }

  private byte[] model(int tokens) {
    graph.input("ids", Type.INT64, "batch", Integer.toString(tokens));
    var x = embed(tokens);
    for (int i = 0; i < config.layers(); i++) {
      var at = "bert.encoder.layer." + i + ".";
      x = isFused ? fusedLayer(at, x) : plainLayer(at, x);
    }
    return graph
        .output(x, Type.FLOAT, "batch", Integer.toString(tokens), Integer.toString(hidden))
        .toBytes();
  }

  private String embed(int tokens) {
    var at = "bert.embeddings.";
    var table = vector(at + "word_embeddings.weight", config.vocabularySize(), hidden);
    var words = graph.node("Gather", "words", List.of(table, "ids"), Map.of());
    // Places and the one type are the same for every sequence: one constant.
    var places = weights.readFloats(at + "position_embeddings.weight");
    var types = weights.readFloats(at + "token_type_embeddings.weight");
    var sum = new float[tokens * hidden];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = places[i] + types[i % hidden];
    }
    graph.weight("places", sum, tokens, hidden);
    var all = graph.node("Add", "embedded", List.of(words, "places"), Map.of());
    return norm(at + "LayerNorm.", all);
  }

  private String fusedLayer(String at, String x) {
    var self = at + "attention.self.";
    var parts = List.of(self + "query.", self + "key.", self + "value.");
    var joined = new float[hidden * 3 * hidden];
    var biases = new float[3 * hidden];
    for (int part = 0; part < 3; part++) {
      var weight = weights.readFloats(parts.get(part) + "weight");
      for (int out = 0; out < hidden; out++) {
        for (int in = 0; in < hidden; in++) {
          joined[in * 3 * hidden + part * hidden + out] = weight[out * hidden + in];
        }
      }
      System.arraycopy(
          weights.readFloats(parts.get(part) + "bias"), 0, biases, part * hidden, hidden);
    }
    graph.weight(self + "weight", joined, hidden, 3L * hidden);
    graph.weight(self + "bias", biases, 3L * hidden);
    var attended =
        graph.contributed(
            "Attention",
            self + "out",
            List.of(x, self + "weight", self + "bias"),
            Map.of("num_heads", (long) config.heads()));
    var h = residual(at + "attention.output.", attended, x, hidden);
    var product = matrix(at + "intermediate.dense.", h, hidden, config.intermediateSize());
    var bias = vector(at + "intermediate.dense.bias", config.intermediateSize());
    var deep = graph.contributed("BiasGelu", at + "gelu", List.of(product, bias), Map.of());
    return residual(at + "output.", deep, h, config.intermediateSize());
  }

  private String plainLayer(String at, String x) {
    int width = hidden / config.heads();
    graph.integers(at + "split", 0, 0, config.heads(), width);
    graph.integers(at + "join", 0, 0, hidden);
    graph.weight(at + "root", new float[] {(float) Math.sqrt(width)});
    var query = heads(at, "query", x, 0, 2, 1, 3);
    var key = heads(at, "key", x, 0, 2, 3, 1);
    var value = heads(at, "value", x, 0, 2, 1, 3);
    var products = node("MatMul", at + "scores", query, key);
    var scaled = node("Div", at + "scaled", products, at + "root");
    var shares = graph.node("Softmax", at + "shares", List.of(scaled), Map.of("axis", -1L));
    var mixed = node("MatMul", at + "mixed", shares, value);
    var back = transposed(at + "back", mixed, 0, 2, 1, 3);
    var joined = node("Reshape", at + "joined", back, at + "join");
    var attended = linear(at + "attention.output.dense.", joined, hidden, hidden);
    var sum = node("Add", at + "attention.sum", attended, x);
    var h = norm(at + "attention.output.LayerNorm.", sum);
    var deep = linear(at + "intermediate.dense.", h, hidden, config.intermediateSize());
    var bent = graph.node("Gelu", at + "gelu", List.of(deep), Map.of());
    var shallow = linear(at + "output.dense.", bent, config.intermediateSize(), hidden);
    return norm(at + "output.LayerNorm.", node("Add", at + "output.sum", shallow, h));
  }

  private String heads(String at, String part, String x, long... order) {
    var all = linear(at + "attention.self." + part + ".", x, hidden, hidden);
    var split = node("Reshape", at + part + ".split", all, at + "split");
    return transposed(at + part + ".heads", split, order);
  }

  private String transposed(String output, String x, long... order) {
    return graph.node("Transpose", output, List.of(x), Map.of("perm", order));
  }

  private String node(String operator, String output, String a, String b) {
    return graph.node(operator, output, List.of(a, b), Map.of());
  }

  /** x W + b. */
  private String linear(String at, String x, int in, int out) {
    return node("Add", at + "out", matrix(at, x, in, out), vector(at + "bias", out));
  }

  private String norm(String at, String x) {
    return graph.node(
        "LayerNormalization",
        at + "out",
        List.of(x, vector(at + "weight", hidden), vector(at + "bias", hidden)),
        Map.of("axis", -1L, "epsilon", (float) config.layerNormEps()));
  }

  /** LayerNorm(residual + x W + b). */
  private String residual(String at, String x, String residual, int in) {
    var product = matrix(at + "dense.", x, in, hidden);
    return graph.contributed(
        "SkipLayerNormalization",
        at + "out",
        List.of(
            product,
            residual,
            vector(at + "LayerNorm.weight", hidden),
            vector(at + "LayerNorm.bias", hidden),
            vector(at + "dense.bias", hidden)),
        Map.of("epsilon", (float) config.layerNormEps()));
  }

  /** x W, with W stored [out, in] and wanted [in, out]. */
  private String matrix(String at, String x, int in, int out) {
    var weight = weights.readFloats(at + "weight");
    var transposed = new float[weight.length];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        transposed[i * out + o] = weight[o * in + i];
      }
    }
    graph.weight(at + "weight", transposed, in, out);
    return graph.node("MatMul", at + "product", List.of(x, at + "weight"), Map.of());
  }

  private String vector(String name, long... shape) {
    graph.weight(name, weights.readFloats(name), shape);
    return name;
  }
}
