package dev.mmib.golden;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.scale;

import dev.mmib.op.Activation;
import dev.mmib.op.Arithmetic;
import dev.mmib.op.Layout;
import dev.mmib.op.MatMul;
import dev.mmib.op.Regularization;
import dev.mmib.op.Softmax;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tensor;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** The ONNX operators that this library can express, by name. */
final class OnnxOps {

  /**
   * An output and how exactly it has to agree.
   *
   * @param absolute part of the tolerance
   * @param relative part of the tolerance, times the expected number
   */
  record Result(int[] dims, float[] values, double absolute, double relative) {

    /** Of data that was only moved. */
    static Result exact(Tensor tensor) {
      return new Result(tensor.shape().dims(), tensor.toFloats(), 0, 0);
    }

    /** Of computed floats. */
    static Result close(Tensor tensor) {
      return new Result(tensor.shape().dims(), tensor.toFloats(), 1e-6, 1e-5);
    }
  }

  private OnnxOps() {}

  static List<Result> run(OnnxNode node) {
    return switch (node.op()) {
      case "Add" -> binary(node, Arithmetic::add);
      case "Sub" -> binary(node, Arithmetic::sub);
      case "Mul" -> binary(node, Arithmetic::mul);
      case "Div" -> binary(node, Arithmetic::div);
      case "Sum" -> close(sum(node));
      case "Mean" -> close(scale(sum(node), 1.0 / node.inputCount()));
      case "Neg" -> unary(node, x -> scale(x, -1));
      case "Abs" -> unary(node, x -> add(Activation.relu(x), Activation.relu(scale(x, -1))));
      case "Exp" -> unary(node, Activation::exp);
      case "Log" -> unary(node, Activation::log);
      case "Sqrt" -> unary(node, Activation::sqrt);
      case "Tanh" -> unary(node, Activation::tanh);
      case "Sigmoid" -> unary(node, Activation::sigmoid);
      case "Relu" -> unary(node, Activation::relu);
      case "Erf" -> unary(node, Activation::erf);
      case "Gelu" ->
          node.text("approximate", "none").equals("tanh")
              ? unary(node, Activation::geluTanh)
              : unary(node, Activation::gelu);
      case "Softmax" -> close(alongAxis(node, Softmax::softmax));
      case "LogSoftmax" -> close(alongAxis(node, Softmax::logSoftmax));
      case "Dropout" -> dropout(node);
      case "MatMul" -> close(matmul(node.floats(0), node.floats(1)));
      case "Gemm" -> close(gemm(node));
      case "Attention" -> OnnxAttention.attention(node);
      case "Conv" -> OnnxSpatial.conv(node);
      case "MaxPool" -> OnnxSpatial.maxPool(node);
      case "AveragePool" -> OnnxSpatial.averagePool(node);
      case "GlobalAveragePool" -> OnnxSpatial.globalAveragePool(node);
      case "BatchNormalization" -> OnnxSpatial.batchNormalization(node);
      case "ImageDecoder" -> OnnxSpatial.imageDecoder(node);
      case "LayerNormalization" -> OnnxReductions.layerNormalization(node);
      case "ReduceSum", "ReduceMean", "ReduceSumSquare" -> OnnxReductions.reduce(node);
      case "NegativeLogLikelihoodLoss" -> OnnxReductions.negativeLogLikelihood(node);
      case "SoftmaxCrossEntropyLoss" -> OnnxReductions.softmaxCrossEntropy(node);
      case "Adam" -> OnnxReductions.adam(node);
      default -> OnnxLayout.run(node);
    };
  }

  static List<Result> exact(Tensor tensor) {
    return List.of(Result.exact(tensor));
  }

  static List<Result> close(Tensor tensor) {
    return List.of(Result.close(tensor));
  }

  private static List<Result> unary(OnnxNode node, UnaryOperator<Tensor> f) {
    return close(f.apply(node.floats(0)));
  }

  private static List<Result> binary(OnnxNode node, BinaryOperator<Tensor> f) {
    return close(f.apply(node.floats(0), node.floats(1)));
  }

  private static Tensor sum(OnnxNode node) {
    var inputs = node.allFloats();
    var total = inputs[0];
    for (int i = 1; i < inputs.length; i++) {
      total = add(total, inputs[i]);
    }
    return total;
  }

  /** Ops work along the last axis: another one is exchanged with it. */
  private static Tensor alongAxis(OnnxNode node, UnaryOperator<Tensor> f) {
    NotApplicable.unless(node.version() >= 13, node.op() + " before version 13");
    var x = node.floats(0);
    int axis = x.shape().axis((int) node.integer("axis", -1));
    var swap = swapWithLast(x.shape().rank(), axis);
    return Layout.permute(f.apply(Layout.permute(x, swap)), swap);
  }

  private static int[] swapWithLast(int rank, int axis) {
    var swap = IntStream.range(0, rank).toArray();
    swap[axis] = rank - 1;
    swap[rank - 1] = axis;
    return swap;
  }

  private static List<Result> dropout(OnnxNode node) {
    boolean training = node.has(2) && node.ints(2)[0] != 0;
    double ratio = node.has(1) ? node.input(1).floats()[0] : node.number("ratio", 0.5);
    NotApplicable.unless(!training || ratio == 0, "random numbers of another generator than ours");
    NotApplicable.unless(node.outputs().size() == 1, "Dropout that gives its mask");
    var x = node.floats(0);
    var scope = Scope.current();
    try (var inner = Scope.open(scope.backend(), training ? Mode.TRAIN : Mode.INFER)) {
      return exact(Regularization.dropout(x, ratio));
    }
  }

  private static Tensor matmul(Tensor a, Tensor b) {
    int rankA = a.shape().rank();
    int rankB = b.shape().rank();
    var left = rankA == 1 ? Layout.reshape(a, 1, a.shape().dim(0)) : a;
    var right = rankB == 1 ? Layout.reshape(b, b.shape().dim(0), 1) : b;
    var product = MatMul.matmul(left, right);
    var dims = product.shape().dims();
    int rank = dims.length;
    var kept =
        IntStream.range(0, rank)
            .filter(i -> !(rankA == 1 && i == rank - 2) && !(rankB == 1 && i == rank - 1))
            .map(i -> dims[i])
            .toArray();
    return Layout.reshape(product, kept);
  }

  private static Tensor gemm(OnnxNode node) {
    var product =
        scale(
            MatMul.matmul(
                node.floats(0),
                node.integer("transA", 0) != 0,
                node.floats(1),
                node.integer("transB", 0) != 0),
            node.number("alpha", 1));
    return node.has(2) ? add(product, scale(node.floats(2), node.number("beta", 1))) : product;
  }
}
