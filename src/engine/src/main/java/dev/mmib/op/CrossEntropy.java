package dev.mmib.op;

import dev.mmib.backend.DType;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Cross entropy of logits, for one of many classes and for yes or no.
 *
 * <pre>
 *   loss[n]    = −weight[t] · logSoftmax(x[n])[t],  t = targets[n]       0 where t is negative
 *   dx[n]      = weight[t] · dloss[n] · (softmax(x[n]) − onehot(t))
 *
 *   binary     = softplus(x) − y ⊙ x  =  −y log σ(x) − (1 − y) log(1 − σ(x))
 *   dx         = dloss ⊙ (σ(x) − y)
 * </pre>
 */
public final class CrossEntropy {

  private CrossEntropy() {}

  /** Cross entropy with all classes weighted alike. */
  public static Tensor crossEntropy(Tensor logits, Tensor targets) {
    return crossEntropy(logits, targets, null);
  }

  /**
   * Cross entropy of each row; the mean or sum is the caller's.
   *
   * @param logits [N, C]
   * @param targets I32 [N], each below C; rows with a negative one are left out
   * @param weights [C], or null for ones
   * @return [N]
   */
  public static Tensor crossEntropy(Tensor logits, Tensor targets, @Nullable Tensor weights) {
    Checks.requireRank("crossEntropy", "logits", logits, 2);
    int rows = logits.shape().dim(0);
    int cols = logits.shape().dim(1);
    Checks.requireInts("crossEntropy", "targets", targets, Shape.of(rows));
    for (int target : targets.toInts()) {
      if (target >= cols) { // numbers are not boxed for each row
        throw Checks.refused("crossEntropy", "target out of range", target, cols);
      }
    }
    if (weights != null) {
      Checks.requireShape("crossEntropy", "weights", weights, Shape.of(cols));
      Checks.requireConstant("crossEntropy: weights", weights);
    }
    var perClass = weights == null ? null : weights.buffer();
    var scope = Scope.current();
    var losses = scope.allocate(Shape.of(rows));
    scope
        .backend()
        .loss()
        .crossEntropy(logits.buffer(), targets.buffer(), perClass, losses.buffer(), rows, cols);
    return Tape.record("crossEntropy", losses)
        .wrt(
            logits,
            dlosses -> {
              var dx = Scope.current().allocate(logits.shape());
              Scope.current()
                  .backend()
                  .loss()
                  .crossEntropyGrad(
                      logits.buffer(),
                      targets.buffer(),
                      perClass,
                      dlosses.buffer(),
                      dx.buffer(),
                      rows,
                      cols);
              return dx;
            })
        .result();
  }

  /**
   * Binary cross entropy of each element; the mean or sum is the caller's.
   *
   * @param logits of any shape
   * @param target of the same shape, 0 to 1; has no gradient
   */
  public static Tensor binaryCrossEntropy(Tensor logits, Tensor target) {
    Checks.require(logits.type() == DType.F32, "binaryCrossEntropy", "logits", logits, DType.F32);
    Checks.requireShape("binaryCrossEntropy", "target", target, logits.shape());
    Checks.requireConstant("binaryCrossEntropy: target", target);
    var scope = Scope.current();
    var losses = scope.allocate(logits.shape());
    scope.backend().loss().binaryCrossEntropy(logits.buffer(), target.buffer(), losses.buffer());
    return Tape.record("binaryCrossEntropy", losses)
        .wrt(
            logits,
            dlosses -> {
              var dx = Scope.current().allocate(logits.shape());
              Scope.current()
                  .backend()
                  .loss()
                  .binaryCrossEntropyGrad(
                      logits.buffer(), target.buffer(), dlosses.buffer(), dx.buffer());
              return dx;
            })
        .result();
  }
}
