package dev.mmib.op;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.mul;
import static dev.mmib.op.Arithmetic.scale;
import static dev.mmib.op.MatMul.matmul;

import dev.mmib.backend.DType;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;

/**
 * Losses that tell pairs that belong together from pairs that do not.
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

  private Contrastive() {}

  /** Divides each row by its Euclidean length; a row of zeros stays as it is. */
  public static Tensor normalizeRows(Tensor x) {
    int cols = x.shape().last();
    int rows = x.shape().size() / cols;
    var scope = Scope.current();
    var y = scope.allocate(x.shape());
    var invNorm = scope.allocate(Shape.of(rows));
    scope.backend().norm().normalizeRows(x.buffer(), y.buffer(), invNorm.buffer(), rows, cols);
    return Tape.record("normalizeRows", y)
        .wrt(
            x,
            dy -> {
              var inner = Scope.current();
              var dx = inner.allocate(x.shape());
              inner
                  .backend()
                  .norm()
                  .normalizeRowsGrad(
                      y.buffer(), invNorm.buffer(), dy.buffer(), dx.buffer(), rows, cols);
              return dx;
            })
        .result();
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
    var scope = Scope.current();
    var loss = scope.allocate(Shape.of());
    scope.backend().loss().infoNce(scores.buffer(), loss.buffer(), n);
    return Tape.record("infoNce", loss)
        .wrt(
            scores,
            dloss -> {
              var inner = Scope.current();
              var dscores = inner.allocate(scores.shape());
              inner
                  .backend()
                  .loss()
                  .infoNceGrad(scores.buffer(), dloss.buffer(), dscores.buffer(), n);
              return dscores;
            })
        .result();
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
    var loss = logistic(positiveLogits, true);
    for (var negative : negativeLogits) {
      loss = add(loss, logistic(negative, false));
    }
    return loss;
  }

  private static Tensor logistic(Tensor logits, boolean truth) {
    Checks.require(logits.type() == DType.F32, "discriminatorLoss", "logits", logits, DType.F32);
    var scope = Scope.current();
    var loss = scope.allocate(Shape.of());
    scope.backend().loss().logistic(logits.buffer(), truth, loss.buffer());
    return Tape.record("logistic", loss)
        .wrt(
            logits,
            dloss -> {
              var inner = Scope.current();
              var dlogits = inner.allocate(logits.shape());
              inner
                  .backend()
                  .loss()
                  .logisticGrad(logits.buffer(), truth, dloss.buffer(), dlogits.buffer());
              return dlogits;
            })
        .result();
  }
}
