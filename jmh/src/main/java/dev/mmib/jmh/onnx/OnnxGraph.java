package dev.mmib.jmh.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/**
 * A graph of ONNX that is built node by node. Field numbers are those of onnx.proto.
 *
 * <p>Extents that are no number are names: they may be any.
 */
final class OnnxGraph {

  /** Codes of TensorProto.DataType. */
  enum Type {
    FLOAT(1),
    INT64(7);

    private final int code;

    Type(int code) {
      this.code = code;
    }
  }

  private static final int IR_VERSION = 9;
  private static final int OPSET = 20; // the first with Gelu
  private static final String CONTRIBUTED = "com.microsoft";

  private final ProtoMessage graph = new ProtoMessage().text(2, "benchmark");
  private int nodes;

  /** Adds an input. */
  OnnxGraph input(String name, Type type, String... extents) {
    graph.message(11, value(name, type, extents));
    return this;
  }

  /** Adds an output, which a node of that name computes. */
  OnnxGraph output(String name, Type type, String... extents) {
    graph.message(12, value(name, type, extents));
    return this;
  }

  private static ProtoMessage value(String name, Type type, String... extents) {
    var shape = new ProtoMessage();
    for (var extent : extents) {
      boolean isNumber = Character.isDigit(extent.charAt(0));
      shape.message(
          1,
          isNumber
              ? new ProtoMessage().integer(1, Long.parseLong(extent))
              : new ProtoMessage().text(2, extent));
    }
    var tensor = new ProtoMessage().integer(1, type.code).message(2, shape);
    return new ProtoMessage().text(1, name).message(2, new ProtoMessage().message(1, tensor));
  }

  /** Adds a constant tensor. */
  OnnxGraph weight(String name, float[] values, long... shape) {
    var bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return constant(name, Type.FLOAT, bytes.array(), shape);
  }

  /** Adds a constant list of whole numbers, such as a shape. */
  OnnxGraph integers(String name, long... values) {
    var bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    return constant(name, Type.INT64, bytes.array(), values.length);
  }

  private OnnxGraph constant(String name, Type type, byte[] values, long... shape) {
    var tensor = new ProtoMessage();
    for (long extent : shape) {
      tensor.integer(1, extent);
    }
    graph.message(5, tensor.integer(2, type.code).text(8, name).bytes(9, values));
    return this;
  }

  /** Adds a node; attributes are Float, Long or long[]. Its one output has the name returned. */
  String node(String operator, String output, List<String> inputs, Map<String, ?> attributes) {
    return node("", operator, output, inputs, attributes);
  }

  /** Adds a node of those that ONNX Runtime's own optimizer makes of several. */
  String contributed(
      String operator, String output, List<String> inputs, Map<String, ?> attributes) {
    return node(CONTRIBUTED, operator, output, inputs, attributes);
  }

  private String node(
      String domain,
      String operator,
      String output,
      List<String> inputs,
      Map<String, ?> attributes) {
    var node = new ProtoMessage();
    inputs.forEach(name -> node.text(1, name));
    node.text(2, output).text(3, operator + "_" + nodes++).text(4, operator);
    attributes.forEach((name, value) -> node.message(5, attribute(name, value)));
    if (!domain.isEmpty()) {
      node.text(7, domain);
    }
    graph.message(1, node);
    return output;
  }

  /** AttributeProto; the last field says which of the others is meant. */
  private static ProtoMessage attribute(String name, Object value) {
    var attribute = new ProtoMessage().text(1, name);
    if (value instanceof Float real) {
      return attribute.real(2, real).integer(20, 1);
    }
    if (value instanceof Long whole) {
      return attribute.integer(3, whole).integer(20, 2);
    }
    if (value instanceof long[] several) {
      for (long one : several) {
        attribute.integer(8, one);
      }
      return attribute.integer(20, 7);
    }
    throw new IllegalArgumentException(
        "attribute " + name + ": " + value.getClass() + " vs Float, Long or long[]");
  }

  /** The ModelProto. */
  byte[] toBytes() {
    return new ProtoMessage()
        .integer(1, IR_VERSION)
        .message(7, graph)
        .message(8, new ProtoMessage().text(1, "").integer(2, OPSET))
        .message(8, new ProtoMessage().text(1, CONTRIBUTED).integer(2, 1))
        .toBytes();
  }
}
