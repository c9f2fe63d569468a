package dev.mmib.golden;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.affine;
import static dev.mmib.op.Arithmetic.mul;
import static dev.mmib.op.Arithmetic.scale;
import static dev.mmib.op.Arithmetic.sub;
import static dev.mmib.op.Reduction.mean;
import static dev.mmib.op.Reduction.sum;

import dev.mmib.golden.GoldenRun.Context;
import dev.mmib.golden.GoldenRun.Forward;
import dev.mmib.op.Activation;
import dev.mmib.op.Arithmetic;
import dev.mmib.op.Bilinear;
import dev.mmib.op.CrossEntropy;
import dev.mmib.op.Layout;
import dev.mmib.op.Lookup;
import dev.mmib.op.MatMul;
import dev.mmib.op.Normalization;
import dev.mmib.op.Softmax;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Golden operators of dense layers and their losses. */
final class DenseOps {

  private DenseOps() {}

  static Forward operator(GoldenCase golden) {
    return switch (golden.op()) {
      case "layer_norm" -> DenseOps::layerNorm;
      case "gelu_erf", "gelu" -> unary(Activation::gelu);
      case "gelu_tanh" -> unary(Activation::geluTanh);
      case "tanh" -> unary(Activation::tanh);
      case "sigmoid" -> unary(Activation::sigmoid);
      case "relu" -> unary(Activation::relu);
      case "softplus" -> unary(Activation::softplus);
      case "exp" -> unary(Activation::exp);
      case "log" -> unary(Activation::log);
      case "sqrt" -> unary(Activation::sqrt);
      case "erf" -> unary(Activation::erf);
      case "logsigmoid" -> unary(x -> scale(Activation.softplus(scale(x, -1)), -1));
      case "exp_clamped" -> unary(x -> Activation.exp(clamp(x, 80)));
      case "softmax" -> c -> c.out("y", alongLast(c, Softmax::softmax));
      case "log_softmax" -> c -> c.out("y", alongLast(c, Softmax::logSoftmax));
      case "logsumexp" -> DenseOps::logSumExp;
      case "linear" ->
          c -> c.out("y", MatMul.linear(c.in("x"), c.in("weight"), c.optional("bias")));
      case "bilinear" ->
          c ->
              c.out(
                  "y",
                  Bilinear.bilinear(c.in("x1"), c.in("x2"), c.in("weight"), c.optional("bias")));
      case "embedding" -> DenseOps::embedding;
      case "matmul" -> binary(MatMul::matmul);
      case "add" -> binary(Arithmetic::add);
      case "sub" -> binary(Arithmetic::sub);
      case "mul" -> binary(Arithmetic::mul);
      case "div" -> binary(Arithmetic::div);
      case "cross_entropy" -> DenseOps::crossEntropy;
      case "binary_cross_entropy" -> DenseOps::binaryCrossEntropy;
      case "binary_cross_entropy_with_logits" ->
          c -> c.out("y", reduced(c, CrossEntropy.binaryCrossEntropy(c.in("x"), c.in("const_t"))));
      default -> throw new AssertionError(golden + ": unknown operator '" + golden.op() + "'");
    };
  }

  private static Forward unary(UnaryOperator<Tensor> f) {
    return c -> c.out("y", f.apply(c.in("x")));
  }

  private static Forward binary(BinaryOperator<Tensor> f) {
    return c -> c.out("y", f.apply(c.in("a"), c.in("b")));
  }

  /** max(−bound, min(bound, x)). */
  private static Tensor clamp(Tensor x, double bound) {
    var above = affine(Activation.relu(affine(x, 1, bound)), 1, -bound);
    return affine(Activation.relu(affine(above, -1, bound)), -1, bound);
  }

  private static void layerNorm(Context c) {
    double eps = c.golden().params().number("eps", 1e-5);
    c.out("y", Normalization.layerNorm(c.in("x"), c.in("weight"), c.in("bias"), eps));
  }

  /** Ops work along the last axis; another {@code dim} is moved there and back. */
  private static Tensor alongLast(Context c, UnaryOperator<Tensor> f) {
    var x = c.in("x");
    int rank = x.shape().rank();
    int dim = x.shape().axis(c.golden().params().integer("dim", -1));
    if (dim == rank - 1) {
      return f.apply(x);
    }
    var swap = IntStream.range(0, rank).toArray();
    swap[dim] = rank - 1;
    swap[rank - 1] = dim;
    return Layout.permute(f.apply(Layout.permute(x, swap)), swap);
  }

  /** log Σ exp x = x₀ − logSoftmax(x)₀, where the loss of class 0 is −logSoftmax(x)₀. */
  private static void logSumExp(Context c) {
    var x = c.in("x");
    if (x.shape().axis(c.golden().params().integer("dim", -1)) != x.shape().rank() - 1) {
      throw new AssertionError(c.golden() + ": logsumexp along another axis than the last");
    }
    int cols = x.shape().last();
    int rows = x.shape().size() / cols;
    var flat = Layout.reshape(x, rows, cols);
    var zeros = Scope.current().ints(Shape.of(rows), new int[rows]);
    var first = Layout.reshape(Layout.slice(flat, 1, 0, 1), rows);
    var dims = x.shape().dims();
    c.out(
        "y",
        Layout.reshape(
            add(CrossEntropy.crossEntropy(flat, zeros), first),
            java.util.Arrays.copyOf(dims, dims.length - 1)));
  }

  /** A padding row is read like any other and has no gradient. */
  private static void embedding(Context c) {
    var table = c.in("weight");
    var ids = c.in("ids");
    if (c.golden().params().absent("padding_idx")) {
      c.out("y", Lookup.embedding(table, ids));
      return;
    }
    int padding = c.golden().params().integer("padding_idx");
    var scope = Scope.current();
    var values = c.golden().in("weight");
    var constant = scope.of(values.shape(), values.floats());
    var numbers = c.golden().in("ids").ints();
    var isToken = new float[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      isToken[i] = numbers[i] == padding ? 0 : 1;
    }
    var dims = ids.shape().dims();
    var maskDims = java.util.Arrays.copyOf(dims, dims.length + 1);
    maskDims[dims.length] = 1;
    var mask = scope.of(Shape.of(maskDims), isToken);
    c.out(
        "y",
        add(
            mul(Lookup.embedding(table, ids), mask),
            mul(Lookup.embedding(constant, ids), affine(mask, -1, 1))));
  }

  private static void crossEntropy(Context c) {
    var params = c.golden().params();
    var weights = c.optional("const_weight");
    int ignored = params.integer("ignore_index", -100);
    var labels = c.golden().in("labels").ints();
    double total = 0;
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] == ignored) {
        labels[i] = -1;
      } else {
        total += weights == null ? 1 : c.golden().in("const_weight").floats()[labels[i]];
      }
    }
    var targets = Scope.current().ints(Shape.of(labels.length), labels);
    var rows = CrossEntropy.crossEntropy(c.in("logits"), targets, weights);
    c.out(
        "y",
        switch (params.string("reduction", "mean")) {
          case "none" -> rows;
          case "sum" -> sum(rows);
          case "mean" -> scale(sum(rows), 1 / total);
          default -> throw new AssertionError(c.golden() + ": unknown reduction");
        });
  }

  /** −t log p − (1 − t) log(1 − p), each logarithm at least −100. */
  private static void binaryCrossEntropy(Context c) {
    var p = c.in("p");
    var t = c.in("const_t");
    boolean saturated = false;
    for (float value : c.golden().in("p").floats()) {
      saturated |= value < 1e-40f || value == 1;
    }
    var logP = Activation.log(p);
    var logQ = Activation.log(affine(p, -1, 1));
    var terms =
        add(
            mul(t, saturated ? atLeastMinus100(logP) : logP),
            mul(affine(t, -1, 1), saturated ? atLeastMinus100(logQ) : logQ));
    c.out("y", reduced(c, scale(terms, -1)));
  }

  private static Tensor atLeastMinus100(Tensor x) {
    return affine(Activation.relu(affine(x, 1, 100)), 1, -100);
  }

  private static Tensor reduced(Context c, Tensor losses) {
    return switch (c.golden().params().string("reduction", "mean")) {
      case "none" -> losses;
      case "sum" -> sum(losses);
      case "mean" -> mean(losses);
      default -> throw new AssertionError(c.golden() + ": unknown reduction");
    };
  }

  static Tensor square(Tensor x) {
    return mul(x, x);
  }

  static Tensor squaredDistance(Tensor a, Tensor b) {
    return square(sub(a, b));
  }
}
