package dev.mmib.op;

import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.List;
import java.util.Locale;

/** Functions of one number, pointwise: {@code y = f(x); dx = f′(x) ⊙ dy}. */
public final class Activation {

  private Activation() {}

  /** {@code f(x) = eˣ; f′ = y}. */
  public static Tensor exp(Tensor x) {
    return unary(Unary.EXP, x);
  }

  /** {@code f(x) = ln x; f′ = 1/x}. */
  public static Tensor log(Tensor x) {
    return unary(Unary.LOG, x);
  }

  /** {@code f(x) = √x; f′ = 1/(2y)}. */
  public static Tensor sqrt(Tensor x) {
    return unary(Unary.SQRT, x);
  }

  /** {@code f(x) = tanh x; f′ = 1 − y²}. */
  public static Tensor tanh(Tensor x) {
    return unary(Unary.TANH, x);
  }

  /** {@code f(x) = 1/(1 + e⁻ˣ); f′ = y(1 − y)}. */
  public static Tensor sigmoid(Tensor x) {
    return unary(Unary.SIGMOID, x);
  }

  /** {@code f(x) = ln(1 + eˣ)} without overflow; {@code f′ = sigmoid(x)}. */
  public static Tensor softplus(Tensor x) {
    return unary(Unary.SOFTPLUS, x);
  }

  /** {@code f(x) = max(x, 0); f′ = 1 where x > 0, else 0}. */
  public static Tensor relu(Tensor x) {
    return unary(Unary.RELU, x);
  }

  /** {@code f(x) = x·Φ(x); f′ = Φ(x) + xφ(x)}: the exact form, that of BERT. */
  public static Tensor gelu(Tensor x) {
    return unary(Unary.GELU, x);
  }

  /**
   * {@code f(x) = ½x(1 + t), t = tanh u, u = √(2/π)(x + 0.044715x³); f′ = ½(1 + t) + ½x(1 − t²)u′}:
   * the approximation that some checkpoints were trained with.
   */
  public static Tensor geluTanh(Tensor x) {
    return unary(Unary.GELU_TANH, x);
  }

  /** {@code f(x) = 2/√π ∫₀ˣ exp(−t²) dt; f′ = 2/√π · exp(−x²)}. */
  public static Tensor erf(Tensor x) {
    return unary(Unary.ERF, x);
  }

  /**
   * {@code y = f(x + bias)} along the last axis, in one pass.
   *
   * <pre>
   *   dx    = f′(x + bias) ⊙ dy
   *   dbias = Σ dx                 over all rows
   * </pre>
   *
   * @param x [.., cols]
   * @param bias [cols]
   */
  public static Tensor biased(Unary f, Tensor x, Tensor bias) {
    var op = "biased " + name(f);
    Checks.require(x.shape().rank() > 0, op, "x must have an axis", x.shape(), "[.., cols]");
    int cols = x.shape().last();
    int rows = x.shape().size() / cols;
    Checks.requireShape(op, "bias", bias, Shape.of(cols));
    var scope = Scope.current();
    var y = scope.allocate(x.shape());
    scope.backend().elementwise().biasUnary(f, x.buffer(), bias.buffer(), y.buffer(), rows, cols);
    return Tape.recordJointly(
        op,
        y,
        List.of(x, bias),
        needed ->
            dy -> {
              var inner = Scope.current();
              var dx = inner.allocate(x.shape());
              var dbias = inner.allocate(bias.shape());
              inner
                  .backend()
                  .elementwise()
                  .biasUnaryGrad(
                      f,
                      x.buffer(),
                      bias.buffer(),
                      dy.buffer(),
                      dx.buffer(),
                      dbias.buffer(),
                      rows,
                      cols);
              return List.of(dx, dbias);
            });
  }

  private static String name(Unary f) {
    return f.name().toLowerCase(Locale.ROOT);
  }

  /** {@code y = f(x)}. */
  public static Tensor unary(Unary f, Tensor x) {
    var scope = Scope.current();
    var y = scope.allocate(x.shape());
    scope.backend().elementwise().unary(f, x.buffer(), y.buffer());
    return Tape.record(name(f), y).wrt(x, dy -> derivative(f, x, y, dy)).result();
  }

  private static Tensor derivative(Unary f, Tensor x, Tensor y, Tensor dy) {
    var scope = Scope.current();
    var dx = scope.allocate(x.shape());
    scope.backend().elementwise().unaryGrad(f, x.buffer(), y.buffer(), dy.buffer(), dx.buffer());
    return dx;
  }
}
