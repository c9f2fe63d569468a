package dev.mmib.op;

import static dev.mmib.op.Activation.exp;
import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.mul;
import static dev.mmib.op.Arithmetic.scale;

import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gaussian codes z ~ N(μ, σ²), σ² = exp(logVar), and how far they are from N(0, I). */
public final class Noise {

  private Noise() {}

  /**
   * A sample in a TRAIN scope, by the reparameterization of Kingma and Welling (2014).
   *
   * <pre>
   *   z   = mu + exp(logVar/2) ⊙ ε,   ε ~ N(0, 1)
   *   dmu = dz,  dlogVar = ½ exp(logVar/2) ⊙ ε ⊙ dz
   * </pre>
   *
   * In an INFER scope it is mu itself.
   */
  public static Tensor reparameterize(Tensor mu, Tensor logVar) {
    requireSame("reparameterize", mu, logVar);
    return Scope.current().mode() == Mode.TRAIN ? reparameterizeAlways(mu, logVar) : mu;
  }

  /** The same, drawn in every mode: how the released code of relation extraction behaves. */
  public static Tensor reparameterizeAlways(Tensor mu, Tensor logVar) {
    requireSame("reparameterize", mu, logVar);
    var scope = Scope.current();
    long seed = scope.random().seed();
    long stream = scope.random().nextStream();
    var z = scope.allocate(mu.shape());
    scope.backend().random().reparameterize(seed, stream, mu.buffer(), logVar.buffer(), z.buffer());
    return Tape.record("reparameterize", z)
        .wrt(mu, dz -> dz)
        .wrt(
            logVar,
            dz -> {
              var inner = Scope.current();
              var dlogVar = inner.allocate(logVar.shape());
              inner
                  .backend()
                  .random()
                  .reparameterizeGrad(seed, stream, logVar.buffer(), dz.buffer(), dlogVar.buffer());
              return dlogVar;
            })
        .result();
  }

  /** {@code z = mu + exp(logVar/2) ⊙ eps} with given noise, for comparing with other programs. */
  public static Tensor reparameterize(Tensor mu, Tensor logVar, Tensor eps) {
    requireSame("reparameterize", mu, logVar);
    requireSame("reparameterize", mu, eps);
    return add(mu, mul(exp(scale(logVar, 0.5)), eps));
  }

  /**
   * The Kullback-Leibler divergence of N(mu, exp(logVar)) from N(0, I), a scalar.
   *
   * <pre>
   *   kl      = −½ mean(1 + logVar − mu² − exp(logVar))
   *   dmu     = dkl · mu / n
   *   dlogVar = ½ dkl (exp(logVar) − 1) / n       n: elements in the mean
   * </pre>
   *
   * The mean is over all elements of the rows that count.
   *
   * @param mu [.., d]
   * @param logVar [.., d]
   * @param mask [..], 1 for rows that count and 0 for others (at least one must), or null for all
   */
  public static Tensor gaussianKl(Tensor mu, Tensor logVar, @Nullable Tensor mask) {
    requireSame("gaussianKl", mu, logVar);
    int cols = mu.shape().last();
    int rows = mu.shape().size() / cols;
    if (mask != null) {
      requireMask(mu.shape(), mask.shape());
      Tape.forwardOnly("gaussianKl mask", mask, mask);
    }
    var maskBuffer = mask == null ? null : mask.buffer();
    var scope = Scope.current();
    var kl = scope.allocate(Shape.of());
    scope
        .backend()
        .random()
        .gaussianKl(mu.buffer(), logVar.buffer(), maskBuffer, kl.buffer(), rows, cols);
    return Tape.recordJointly(
        "gaussianKl",
        kl,
        List.of(mu, logVar),
        needed ->
            dkl -> {
              var inner = Scope.current();
              var dmu = inner.allocate(mu.shape());
              var dlogVar = inner.allocate(mu.shape());
              inner
                  .backend()
                  .random()
                  .gaussianKlGrad(
                      mu.buffer(),
                      logVar.buffer(),
                      maskBuffer,
                      dkl.buffer(),
                      dmu.buffer(),
                      dlogVar.buffer(),
                      rows,
                      cols);
              return List.of(dmu, dlogVar);
            });
  }

  private static void requireSame(String op, Tensor mu, Tensor other) {
    if (!mu.shape().equals(other.shape())) {
      throw new IllegalArgumentException(
          op + ": shapes differ, " + mu.shape() + " vs " + other.shape());
    }
  }

  private static void requireMask(Shape mu, Shape mask) {
    var rows = Arrays.copyOf(mu.dims(), Math.max(0, mu.rank() - 1));
    if (!mask.equals(Shape.of(rows))) {
      throw new IllegalArgumentException(
          "gaussianKl: mask " + mask + " vs one number for each row of " + mu);
    }
  }
}
