package dev.mmib.op;

import static dev.mmib.op.Reduction.sumTo;

import dev.mmib.backend.kernel.ElementwiseKernels.Binary;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;

/**
 * Addition, subtraction, multiplication and division, pointwise.
 *
 * <p>Shapes broadcast as in numpy; the gradient of a stretched operand is summed back to its shape.
 */
public final class Arithmetic {

  private Arithmetic() {}

  /** {@code y = a + b; da = dy, db = dy}. */
  public static Tensor add(Tensor a, Tensor b) {
    var y = binary("add", Binary.ADD, a, b);
    return Tape.record("add", y)
        .wrt(a, dy -> sumTo(dy, a.shape()))
        .wrt(b, dy -> sumTo(dy, b.shape()))
        .result();
  }

  /** {@code y = a − b; da = dy, db = −dy}. */
  public static Tensor sub(Tensor a, Tensor b) {
    var y = binary("sub", Binary.SUB, a, b);
    return Tape.record("sub", y)
        .wrt(a, dy -> sumTo(dy, a.shape()))
        .wrt(b, dy -> scale(sumTo(dy, b.shape()), -1))
        .result();
  }

  /** {@code y = a ⊙ b; da = dy ⊙ b, db = dy ⊙ a}. */
  public static Tensor mul(Tensor a, Tensor b) {
    var y = binary("mul", Binary.MUL, a, b);
    return Tape.record("mul", y)
        .wrt(a, dy -> sumTo(mul(dy, b), a.shape()))
        .wrt(b, dy -> sumTo(mul(dy, a), b.shape()))
        .result();
  }

  /** {@code y = a / b; da = dy / b, db = −dy ⊙ y / b}. */
  public static Tensor div(Tensor a, Tensor b) {
    var y = binary("div", Binary.DIV, a, b);
    return Tape.record("div", y)
        .wrt(a, dy -> sumTo(div(dy, b), a.shape()))
        .wrt(b, dy -> scale(sumTo(div(mul(dy, y), b), b.shape()), -1))
        .result();
  }

  /** {@code y = scale · x + shift; dx = scale · dy}. */
  public static Tensor affine(Tensor x, double scale, double shift) {
    var scope = Scope.current();
    var y = scope.allocate(x.shape());
    scope.backend().elementwise().affine(x.buffer(), scale, shift, y.buffer());
    return Tape.record("affine", y).wrt(x, dy -> affine(dy, scale, 0)).result();
  }

  /** {@code y = s · x; dx = s · dy}. */
  public static Tensor scale(Tensor x, double s) {
    return affine(x, s, 0);
  }

  private static Tensor binary(String op, Binary f, Tensor a, Tensor b) {
    var shape = Broadcast.shape(op, a.shape(), b.shape());
    var scope = Scope.current();
    var y = scope.allocate(shape);
    var kernels = scope.backend().elementwise();
    if (a.shape().size() == shape.size() && b.shape().size() == shape.size()) {
      kernels.binary(f, a.buffer(), b.buffer(), y.buffer());
    } else {
      kernels.binaryBroadcast(
          f,
          a.buffer(),
          Broadcast.strides(a.shape(), shape),
          b.buffer(),
          Broadcast.strides(b.shape(), shape),
          y.buffer(),
          shape.dims());
    }
    return y;
  }
}
