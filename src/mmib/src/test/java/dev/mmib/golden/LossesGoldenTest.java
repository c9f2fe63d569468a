package dev.mmib.golden;

import static dev.mmib.golden.DenseOps.square;
import static dev.mmib.golden.DenseOps.squaredDistance;
import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.affine;
import static dev.mmib.op.Arithmetic.div;
import static dev.mmib.op.Arithmetic.mul;
import static dev.mmib.op.Arithmetic.scale;
import static dev.mmib.op.Arithmetic.sub;
import static dev.mmib.op.Layout.roll;
import static dev.mmib.op.Reduction.mean;
import static dev.mmib.op.Reduction.sum;

import dev.mmib.golden.GoldenRun.Context;
import dev.mmib.golden.GoldenRun.Forward;
import dev.mmib.op.Activation;
import dev.mmib.op.Bilinear;
import dev.mmib.op.Contrastive;
import dev.mmib.op.CrossEntropy;
import dev.mmib.op.Layout;
import dev.mmib.op.MatMul;
import dev.mmib.op.Noise;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The bottleneck's and the alignment's losses against torch and the released code. */
class LossesGoldenTest {

  @TestFactory
  Stream<DynamicTest> agreesWithTheReferences() {
    return Golden.orSkipped(
        () ->
            Golden.jsonFiles(Golden.require("losses")).stream()
                .map(GoldenFile::load)
                .flatMap(file -> GoldenRun.tests(file, LossesGoldenTest::operator)));
  }

  private static Forward operator(GoldenCase golden) {
    return switch (golden.op()) {
      case "kl_sigma_sum" -> c -> loss(c, scale(kl(c.in("mu"), logVar(c)), elements(c)));
      case "kl_sigma_mean" -> c -> loss(c, kl(c.in("mu"), logVar(c)));
      case "kl_sigma_batchmean" ->
          c -> loss(c, scale(kl(c.in("mu"), logVar(c)), elements(c) / c.in("mu").shape().dim(0)));
      case "kl_logvar_sum" -> c -> loss(c, scale(kl(c.in("mu"), c.in("logvar")), elements(c)));
      case "kl_logvar_batchmean" ->
          c ->
              loss(
                  c,
                  scale(kl(c.in("mu"), c.in("logvar")), elements(c) / c.in("mu").shape().dim(0)));
      case "kl_logvar_mmib", "kl_logvar_mean" -> c -> loss(c, kl(c.in("mu"), c.in("logvar")));
      case "kl_two_gauss" -> LossesGoldenTest::twoGaussians;
      case "reparam_logvar" -> c -> sample(c, c.in("logvar"));
      case "reparam_softplus" -> c -> sample(c, logOfSquare(Activation.softplus(c.in("raw"))));
      case "infonce" ->
          c -> loss(c, ownRow(scale(cosines(c), 1 / c.golden().params().number("tau", 1))));
      case "infonce_sym" ->
          c ->
              loss(
                  c,
                  Contrastive.infoNce(c.in("a"), c.in("b"), c.golden().params().number("tau", 1)));
      case "infonce_dot" -> c -> loss(c, ownRow(MatMul.matmul(c.in("a"), false, c.in("b"), true)));
      case "jsd_bilinear_all" -> LossesGoldenTest::jensenShannonOfAllPairs;
      case "jsd_bilinear_roll" -> c -> discriminator(c, b -> bilinear(c, b));
      case "mmib_bilinear" -> c -> discriminator(c, b -> bilinear(c, b));
      case "mmib_concat" -> c -> discriminator(c, b -> concat(c, b));
      default -> throw new AssertionError(golden + ": unknown operator '" + golden.op() + "'");
    };
  }

  private static void loss(Context c, Tensor value) {
    c.out("loss", value).loss(value);
  }

  private static double elements(Context c) {
    return c.in("mu").shape().size();
  }

  private static Tensor kl(Tensor mu, Tensor logVar) {
    return Noise.gaussianKl(mu, logVar, null);
  }

  private static Tensor logVar(Context c) {
    return logOfSquare(c.in("sigma"));
  }

  private static Tensor logOfSquare(Tensor x) {
    return scale(Activation.log(x), 2);
  }

  /** Σ log(σ₂/σ₁) + (σ₁² + (μ₁ − μ₂)²) / (2σ₂²) − ½. */
  private static void twoGaussians(Context c) {
    var sigma = c.in("sigma");
    var sigma2 = c.in("sigma2");
    var spread = add(square(sigma), squaredDistance(c.in("mu"), c.in("mu2")));
    var ratio = div(spread, scale(square(sigma2), 2));
    var logs = sub(Activation.log(sigma2), Activation.log(sigma));
    loss(c, sum(affine(add(logs, ratio), 1, -0.5)));
  }

  private static void sample(Context c, Tensor logVar) {
    var z = Noise.reparameterize(c.in("mu"), logVar, c.in("const_eps"));
    c.out("z", z).loss(sum(mul(z, c.in("const_w"))));
  }

  private static Tensor cosines(Context c) {
    return MatMul.matmul(
        Contrastive.normalizeRows(c.in("a")), false, Contrastive.normalizeRows(c.in("b")), true);
  }

  /** Cross entropy of every row with its own number as the target. */
  private static Tensor ownRow(Tensor scores) {
    int n = scores.shape().dim(0);
    var own = Scope.current().ints(Shape.of(n), IntStream.range(0, n).toArray());
    return mean(CrossEntropy.crossEntropy(scores, own));
  }

  private static void jensenShannonOfAllPairs(Context c) {
    var a = c.in("a");
    var b = c.in("b");
    var w = c.in("W");
    int n = a.shape().dim(0);
    var matrix = Layout.reshape(w, w.shape().dim(1), w.shape().dim(2));
    var scores = add(MatMul.matmul(MatMul.matmul(a, matrix), false, b, true), c.in("c"));
    var others = new float[n * n];
    for (int i = 0; i < n * n; i++) {
      others[i] = i % (n + 1) == 0 ? 0 : 1;
    }
    var mask = Scope.current().of(Shape.of(n, n), others);
    var own = mean(Activation.softplus(scale(bilinear(c, b), -1)));
    var rest = sum(mul(Activation.softplus(scores), mask));
    loss(c, add(own, scale(rest, 1.0 / ((double) n * (n - 1)))));
  }

  private static Tensor bilinear(Context c, Tensor b) {
    return Bilinear.bilinear(c.in("a"), b, c.in("W"), c.in("c"));
  }

  private static Tensor concat(Context c, Tensor b) {
    return MatMul.linear(Layout.concat(1, c.in("a"), b), c.in("W"), c.in("c"));
  }

  private static void discriminator(Context c, UnaryOperator<Tensor> score) {
    var b = c.in("b");
    var negatives =
        IntStream.rangeClosed(1, c.golden().params().integer("neg", 1))
            .mapToObj(k -> score.apply(roll(b, k, 0)))
            .toArray(Tensor[]::new);
    loss(c, Contrastive.discriminatorLoss(score.apply(b), negatives));
  }
}
