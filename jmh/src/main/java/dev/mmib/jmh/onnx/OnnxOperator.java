package dev.mmib.jmh.onnx;

import ai.onnxruntime.OrtException;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.Operand;
import dev.mmib.jmh.onnx.OnnxGraph.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** One operator of ONNX Runtime: a graph of one node, or of few. */
public final class OnnxOperator {

  /** A node's operator in a domain. */
  private record Node(String domain, String operator) {}

  private OnnxOperator() {}

  /**
   * A contender.
   *
   * @param operator of ONNX, or of ONNX Runtime's own with {@code com.microsoft.} before it
   * @param output extents of what it gives
   */
  public static Contender contender(
      int threads,
      List<Operand> operands,
      String operator,
      Map<String, ?> attributes,
      long... output)
      throws OrtException {
    var graph = new OnnxGraph();
    for (var operand : operands) {
      if (operand.isWeight()) {
        graph.weight(operand.name(), operand.values(), operand.extents());
      } else {
        graph.input(operand.name(), Type.FLOAT, texts(operand.extents()));
      }
    }
    var names = operands.stream().map(Operand::name).toList();
    var node = node(operator);
    if (node.domain().isEmpty()) {
      graph.node(node.operator(), "output", names, attributes);
    } else {
      graph.contributed(node.operator(), "output", names, attributes);
    }
    var contender =
        new OnnxContender(threads, graph.output("output", Type.FLOAT, texts(output)).toBytes());
    for (var operand : operands) {
      if (!operand.isWeight()) {
        contender.with(operand.name(), operand.values(), operand.extents());
      }
    }
    return contender;
  }

  private static Node node(String operator) {
    int dot = operator.lastIndexOf('.');
    return dot < 0
        ? new Node("", operator)
        : new Node(operator.substring(0, dot), operator.substring(dot + 1));
  }

  private static String[] texts(long... extents) {
    return Arrays.stream(extents).mapToObj(Long::toString).toArray(String[]::new);
  }
}
