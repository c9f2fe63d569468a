package dev.mmib.golden;

import static dev.mmib.op.Arithmetic.affine;
import static dev.mmib.op.Arithmetic.div;
import static dev.mmib.op.Arithmetic.mul;
import static dev.mmib.op.Arithmetic.scale;
import static dev.mmib.op.Arithmetic.sub;

import dev.mmib.backend.kernel.OptimizerKernels.AdamStep;
import dev.mmib.golden.OnnxOps.Result;
import dev.mmib.op.Activation;
import dev.mmib.op.CrossEntropy;
import dev.mmib.op.Layout;
import dev.mmib.op.Lookup;
import dev.mmib.op.Normalization;
import dev.mmib.op.Reduction;
import dev.mmib.op.Softmax;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** ONNX operators that sum: reductions, layer norm, losses, Adam. */
final class OnnxReductions {

  private OnnxReductions() {}

  static List<Result> reduce(OnnxNode node) {
    var x = node.floats(0);
    var axes = node.has(1) ? node.ints(1) : new int[0];
    if (axes.length == 0) {
      if (node.integer("noop_with_empty_axes", 0) != 0) {
        return OnnxOps.close(x);
      }
      axes = IntStream.range(0, x.shape().rank()).toArray();
    }
    var dims = x.shape().dims();
    int count = 1;
    var y = node.op().equals("ReduceSumSquare") ? mul(x, x) : x;
    for (int axis : axes) {
      count *= x.shape().dim(axis);
      dims[x.shape().axis(axis)] = node.integer("keepdims", 1) != 0 ? 1 : 0;
      y = Reduction.sum(y, axis, true);
    }
    var kept = IntStream.of(dims).filter(d -> d != 0).toArray();
    var mean = node.op().equals("ReduceMean") ? scale(y, 1.0 / count) : y;
    return OnnxOps.close(Layout.reshape(mean, kept));
  }

  /** Over all axes from {@code axis}; mean and inverse deviation come second and third. */
  static List<Result> layerNormalization(OnnxNode node) {
    var x = node.floats(0);
    double eps = node.number("epsilon", 1e-5);
    int rank = x.shape().rank();
    int axis = x.shape().axis((int) node.integer("axis", -1));
    int rows = x.shape().product(0, axis);
    int cols = x.shape().product(axis, rank);
    var flat = Layout.reshape(x, rows, cols);
    var gamma = Layout.reshape(node.floats(1), cols);
    var beta =
        node.has(2) ? Layout.reshape(node.floats(2), cols) : Scope.current().zeros(Shape.of(cols));
    var y = Normalization.layerNorm(flat, gamma, beta, eps);
    var dims = x.shape().dims();
    var statistics = IntStream.range(0, rank).map(i -> i < axis ? dims[i] : 1).toArray();
    var mean = Reduction.mean(flat, 1, true);
    var centred = sub(flat, mean);
    var variance = Reduction.mean(mul(centred, centred), 1, true);
    var deviation = Activation.sqrt(affine(variance, 1, eps));
    var one = Scope.current().of(Shape.of(1), 1f);
    var all =
        List.of(
            Result.close(Layout.reshape(y, dims)),
            Result.close(Layout.reshape(mean, statistics)),
            Result.close(Layout.reshape(div(one, deviation), statistics)));
    return all.subList(0, node.outputs().size());
  }

  /** Logits of [N, C, d…] as rows of C, and where the targets point. */
  private record Rows(Tensor logits, int[] targets, int[] rowDims, int classes) {

    static Rows of(OnnxNode node) {
      var x = node.floats(0);
      int rank = x.shape().rank();
      int classes = x.shape().dim(1);
      var last =
          IntStream.concat(
                  IntStream.concat(IntStream.of(0), IntStream.range(2, rank)), IntStream.of(1))
              .toArray();
      var targets = node.ints(1);
      if (node.hasAttribute("ignore_index")) {
        long ignored = node.integer("ignore_index", 0);
        for (int i = 0; i < targets.length; i++) {
          targets[i] = targets[i] == ignored ? -1 : targets[i];
        }
      }
      var flat = Layout.reshape(Layout.permute(x, last), x.shape().size() / classes, classes);
      return new Rows(flat, targets, node.input(1).dims(), classes);
    }

    Tensor ids() {
      return Scope.current().ints(Shape.of(targets.length), targets);
    }

    /** Σ of the weights of targets that are not ignored. */
    double weight(@Nullable Tensor weights) {
      var values = weights == null ? null : weights.toFloats();
      double total = 0;
      for (int target : targets) {
        total += target < 0 ? 0 : values == null ? 1 : values[target];
      }
      return total;
    }
  }

  private static Result reduced(OnnxNode node, Rows rows, Tensor losses, double weight) {
    return switch (node.text("reduction", "mean")) {
      case "none" -> Result.close(Layout.reshape(losses, rows.rowDims()));
      case "sum" -> Result.close(Reduction.sum(losses));
      default -> Result.close(scale(Reduction.sum(losses), 1 / weight));
    };
  }

  static List<Result> softmaxCrossEntropy(OnnxNode node) {
    var rows = Rows.of(node);
    var weights = node.optionalFloats(2);
    var losses = CrossEntropy.crossEntropy(rows.logits(), rows.ids(), weights);
    var results = new ArrayList<Result>();
    results.add(reduced(node, rows, losses, rows.weight(weights)));
    if (node.outputs().size() > 1) {
      results.add(Result.close(classesSecond(rows, Softmax.logSoftmax(rows.logits()), node)));
    }
    return results;
  }

  private static Tensor classesSecond(Rows rows, Tensor flat, OnnxNode node) {
    int rank = node.input(0).rank();
    var dims =
        IntStream.concat(IntStream.of(rows.rowDims()), IntStream.of(rows.classes())).toArray();
    var back = IntStream.concat(IntStream.of(0, rank - 1), IntStream.range(1, rank - 1)).toArray();
    return Layout.permute(Layout.reshape(flat, dims), back);
  }

  /** −w[t] · x[t]: elements picked as rows of one column; the row −1 gives 0. */
  static List<Result> negativeLogLikelihood(OnnxNode node) {
    var rows = Rows.of(node);
    var weights = node.optionalFloats(2);
    var targets = rows.targets();
    var flat = new int[targets.length];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = targets[i] < 0 ? -1 : i * rows.classes() + targets[i];
    }
    var table = Layout.reshape(rows.logits(), targets.length * rows.classes(), 1);
    var ids = Scope.current().ints(Shape.of(flat.length), flat);
    var losses = scale(Lookup.gatherRows(table, ids), -1);
    if (weights != null) {
      var column = Layout.reshape(weights, rows.classes(), 1);
      losses = mul(losses, Lookup.gatherRows(column, rows.ids()));
    }
    return List.of(reduced(node, rows, losses, rows.weight(weights)));
  }

  /**
   * ONNX adds ε to √H before the bias correction, torch to √(H / (1 − βᵀ)): torch's ε is then
   * ONNX's over √(1 − βᵀ). Step 0 of ONNX has no correction, which is torch's step at infinity.
   */
  static List<Result> adam(OnnxNode node) {
    double alpha = node.number("alpha", 0.9);
    double beta = node.number("beta", 0.999);
    long t = node.input(1).wholes()[0];
    NotApplicable.unless(node.number("norm_coefficient_post", 0) == 0, "norm_coefficient_post");
    double correction = t > 0 ? Math.sqrt(1 - Math.pow(beta, t)) : 1;
    var step =
        new AdamStep(
            node.input(0).floats()[0],
            alpha,
            beta,
            node.number("epsilon", 0) / correction,
            node.number("norm_coefficient", 0),
            1,
            false,
            t > 0 ? t : Long.MAX_VALUE);
    int count = (node.inputCount() - 2) / 4;
    var results = new ArrayList<Result>();
    var m = new ArrayList<Result>();
    var v = new ArrayList<Result>();
    for (int i = 0; i < count; i++) {
      var x = node.floats(2 + i);
      var mean = node.floats(2 + 2 * count + i);
      var square = node.floats(2 + 3 * count + i);
      Scope.current()
          .backend()
          .optimizer()
          .adam(
              step,
              x.buffer(),
              node.floats(2 + count + i).buffer(),
              mean.buffer(),
              square.buffer());
      results.add(Result.close(x));
      m.add(Result.close(mean));
      v.add(Result.close(square));
    }
    results.addAll(m);
    results.addAll(v);
    return results;
  }
}
