package dev.mmib.golden;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One case of the ONNX vectors: a node, its inputs and its expected outputs. */
final class OnnxNode {

  private final String name;
  private final NodeProto node;
  private final long version;
  private final List<@Nullable OnnxTensor> inputs = new ArrayList<>();
  private final List<OnnxTensor> outputs = new ArrayList<>();
  private final Map<String, AttributeProto> attributes = new LinkedHashMap<>();
  private @Nullable String unreadable;

  private OnnxNode(String name, NodeProto node, long version) {
    this.name = name;
    this.node = node;
    this.version = version;
    node.getAttributeList().forEach(a -> attributes.put(a.getName(), a));
  }

  static OnnxNode read(Path folder) throws IOException {
    var model = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("model.onnx")));
    var graph = model.getGraph();
    var proto = graph.getNode(0);
    long version =
        model.getOpsetImportList().stream()
            .filter(o -> o.getDomain().equals(proto.getDomain()))
            .mapToLong(o -> o.getVersion())
            .findFirst()
            .orElse(0);
    var node = new OnnxNode(folder.getFileName().toString(), proto, version);
    var data = folder.resolve("test_data_set_0");
    var byName = new LinkedHashMap<String, @Nullable OnnxTensor>();
    for (int i = 0; i < graph.getInputCount(); i++) {
      byName.put(
          graph.getInput(i).getName(),
          node.tensor(graph.getInput(i), data.resolve("input_" + i + ".pb")));
    }
    for (var input : proto.getInputList()) {
      node.inputs.add(byName.get(input));
    }
    for (int i = 0; i < graph.getOutputCount(); i++) {
      var tensor = node.tensor(graph.getOutput(i), data.resolve("output_" + i + ".pb"));
      if (tensor != null) {
        node.outputs.add(tensor);
      }
    }
    return node;
  }

  private @Nullable OnnxTensor tensor(ValueInfoProto info, Path file) throws IOException {
    if (!info.getType().hasTensorType()) {
      unreadable = "sequence and optional types";
      return null;
    }
    return OnnxTensor.of(TensorProto.parseFrom(Files.readAllBytes(file)));
  }

  String name() {
    return name;
  }

  String op() {
    return node.getOpType();
  }

  long version() {
    return version;
  }

  /** Why this case is not made of tensors, or null. */
  @Nullable String unreadable() {
    return unreadable;
  }

  List<OnnxTensor> outputs() {
    return outputs;
  }

  int inputCount() {
    return inputs.size();
  }

  boolean has(int input) {
    return input < inputs.size() && inputs.get(input) != null;
  }

  OnnxTensor input(int index) {
    var tensor = index < inputs.size() ? inputs.get(index) : null;
    if (tensor == null) {
      throw new AssertionError(name + ": no input " + index);
    }
    return tensor;
  }

  /** An input as a tensor of floats; other types are not applicable. */
  Tensor floats(int index) {
    var input = input(index);
    NotApplicable.unless(input.type().equals("FLOAT"), "type " + input.type());
    NotApplicable.unless(!input.isEmpty(), "tensors without elements");
    return Scope.current().of(Shape.of(input.dims()), input.floats());
  }

  @Nullable Tensor optionalFloats(int index) {
    return has(index) ? floats(index) : null;
  }

  /** Every input as a tensor of floats. */
  Tensor[] allFloats() {
    var all = new Tensor[inputs.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = floats(i);
    }
    return all;
  }

  /** The values of an input of whole numbers that says how to compute: axes, shapes, indices. */
  int[] ints(int index) {
    return input(index).ints();
  }

  boolean hasAttribute(String key) {
    return attributes.containsKey(key);
  }

  private AttributeProto attribute(String key) {
    var attribute = attributes.get(key);
    if (attribute == null) {
      throw new AssertionError(name + ": no attribute " + key);
    }
    return attribute;
  }

  long integer(String key, long otherwise) {
    return hasAttribute(key) ? attribute(key).getI() : otherwise;
  }

  double number(String key, double otherwise) {
    return hasAttribute(key) ? attribute(key).getF() : otherwise;
  }

  String text(String key, String otherwise) {
    return hasAttribute(key) ? attribute(key).getS().toStringUtf8() : otherwise;
  }

  int[] integers(String key, int... otherwise) {
    return hasAttribute(key)
        ? attribute(key).getIntsList().stream().mapToInt(Math::toIntExact).toArray()
        : otherwise;
  }

  OnnxTensor tensor(String key) {
    return OnnxTensor.of(attribute(key).getT());
  }
}
