package dev.mmib.op;

import static dev.mmib.op.Activation.softplus;
import static dev.mmib.op.Activation.sqrt;
import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.affine;
import static dev.mmib.op.Arithmetic.div;
import static dev.mmib.op.Arithmetic.mul;
import static dev.mmib.op.Arithmetic.scale;
import static dev.mmib.op.CrossEntropy.crossEntropy;
import static dev.mmib.op.Layout.transpose;
import static dev.mmib.op.MatMul.matmul;
import static dev.mmib.op.Reduction.mean;
import static dev.mmib.op.Reduction.sum;

import dev.mmib.backend.DType;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.stream.IntStream;

/**
 * Losses that tell pairs that belong together from pairs that do not; made of other ops.
 *
 * <pre>
 *   normalizeRows  y = x / ‖x‖                            dx = (dy − y Σ dy⊙y) / ‖x‖
 *
 *   infoNce        S = â b̂ᵀ / τ                           rows of a and b normalized
 *                  L = ½ (mean CE(S, i) + mean CE(Sᵀ, i))
 *                  dS = (softmax(S) + softmax(Sᵀ)ᵀ − 2 I) / 2N
 *
 *   discriminator  L = mean softplus(−s⁺) + Σ mean softplus(s⁻)      logits of true, false pairs
 *                  ds⁺ = −σ(−s⁺) / n,  ds⁻ = σ(s⁻) / n
 * </pre>
 *
 * The second is a bound on the mutual information of a and b (van den Oord et al. 2018), the third
 * its Jensen–Shannon form: the binary cross entropy of σ(s), without its overflow.
 */
public final class Contrastive {

  /** Keeps a row of zeros finite; nothing else notices it. */
  private static final double TINY = 1e-24;

  private Contrastive() {}

  /** Divides each row by its Euclidean length; a row of zeros stays as it is. */
  public static Tensor normalizeRows(Tensor x) {
    return div(x, sqrt(affine(sum(mul(x, x), -1, true), 1, TINY)));
  }

  /**
   * Symmetric InfoNCE over a batch of pairs at a fixed temperature.
   *
   * @param a [N, d], its row i belongs to that of b
   * @param b [N, d]
   * @param temperature τ above 0
   * @return a scalar
   */
  public static Tensor infoNce(Tensor a, Tensor b, double temperature) {
    Checks.require(temperature > 0, "infoNce", "temperature", temperature, "above 0");
    return fromScores(scale(cosines(a, b), 1 / temperature));
  }

  /**
   * Symmetric InfoNCE at a temperature that can be learned.
   *
   * @param inverseTemperature 1/τ, one element
   */
  public static Tensor infoNce(Tensor a, Tensor b, Tensor inverseTemperature) {
    Checks.require(
        inverseTemperature.type() == DType.F32 && inverseTemperature.shape().size() == 1,
        "infoNce",
        "inverse temperature",
        inverseTemperature,
        "one float");
    Checks.require(
        inverseTemperature.shape().rank() <= 2,
        "infoNce",
        "inverse temperature has too many axes",
        inverseTemperature.shape().rank(),
        2);
    return fromScores(mul(cosines(a, b), inverseTemperature));
  }

  private static Tensor cosines(Tensor a, Tensor b) {
    Checks.requireRank("infoNce", "a", a, 2);
    Checks.requireShape("infoNce", "b", b, a.shape());
    return matmul(normalizeRows(a), false, normalizeRows(b), true);
  }

  private static Tensor fromScores(Tensor scores) {
    int n = scores.shape().dim(0);
    var own = Scope.current().ints(Shape.of(n), IntStream.range(0, n).toArray());
    var rows = mean(crossEntropy(scores, own));
    var cols = mean(crossEntropy(transpose(scores), own));
    return scale(add(rows, cols), 0.5);
  }

  /**
   * The discriminator's loss from logits: how badly it tells true pairs from false ones.
   *
   * @param positiveLogits of true pairs, any shape
   * @param negativeLogits of false pairs; each tensor counts by its own mean
   * @return a scalar
   */
  public static Tensor discriminatorLoss(Tensor positiveLogits, Tensor... negativeLogits) {
    Checks.require(
        negativeLogits.length >= 1,
        "discriminatorLoss",
        "sets of false pairs",
        negativeLogits.length,
        "1 or more");
    var loss = mean(softplus(scale(positiveLogits, -1)));
    for (var negative : negativeLogits) {
      loss = add(loss, mean(softplus(negative)));
    }
    return loss;
  }
}
