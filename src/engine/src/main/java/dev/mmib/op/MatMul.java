package dev.mmib.op;

import static dev.mmib.op.Reduction.sumTo;

import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products over the last two axes.
 *
 * <pre>
 *   C  = A B          [.., m, k] · [.., k, n] → [.., m, n]
 *   dA = dC Bᵀ
 *   dB = Aᵀ dC
 * </pre>
 *
 * The axes before them are a batch: equal in both, or absent in one operand, whose gradient is then
 * summed over the batch. A transposed operand gives up the transpose of its gradient.
 */
public final class MatMul {

  private MatMul() {}

  /** {@code C = A B}. */
  public static Tensor matmul(Tensor a, Tensor b) {
    return matmul(a, false, b, false);
  }

  /** {@code C = op(A) op(B)}, where op transposes the last two axes if asked to. */
  public static Tensor matmul(Tensor a, boolean transposeA, Tensor b, boolean transposeB) {
    var c = product(a, transposeA, b, transposeB);
    return Tape.record("matmul", c)
        .wrt(
            a,
            dc ->
                sumTo(
                    transposeA
                        ? product(b, transposeB, dc, true)
                        : product(dc, false, b, !transposeB),
                    a.shape()))
        .wrt(
            b,
            dc ->
                transposeB
                    ? sumTo(product(dc, true, a, transposeA), b.shape())
                    : gradientOfB(a, transposeA, b, dc))
        .result();
  }

  /** {@code dB = op(A)ᵀ dC}. */
  private static Tensor gradientOfB(Tensor a, boolean transposeA, Tensor b, Tensor dc) {
    if (!transposeA && b.shape().rank() == 2 && a.shape().rank() > 2) {
      // A batch of rows is one long matrix: no gradient per matrix, no sum.
      return product(rows(a), true, rows(dc), false);
    }
    return sumTo(product(a, !transposeA, dc, false), b.shape());
  }

  /**
   * {@code y = x Wᵀ + bias} along the last axis.
   *
   * <pre>
   *   dx = dy W
   *   dW = dyᵀ x,  dbias = Σ dy      over all rows
   * </pre>
   *
   * @param x [.., in]
   * @param w [out, in]
   * @param bias [out] or null
   */
  public static Tensor linear(Tensor x, Tensor w, @Nullable Tensor bias) {
    return linear(x, w, bias, null);
  }

  /**
   * {@code y = f(x Wᵀ + bias)}: the same as {@link #linear(Tensor, Tensor, Tensor)} and {@link
   * Activation} after it, in one pass where the device has one for inference.
   *
   * @param x [.., in]
   * @param w [out, in]
   * @param bias [out] or null
   */
  public static Tensor activated(Unary f, Tensor x, Tensor w, @Nullable Tensor bias) {
    var scope = Scope.current();
    if (scope.mode() == Mode.INFER && scope.backend().matmul().fuses(f)) {
      return linear(x, w, bias, f);
    }
    return bias == null
        ? Activation.unary(f, linear(x, w, null))
        : Activation.biased(f, linear(x, w, null), bias);
  }

  private static Tensor linear(Tensor x, Tensor w, @Nullable Tensor bias, @Nullable Unary fused) {
    var shape = x.shape();
    if (shape.rank() < 1 || w.shape().rank() != 2 || shape.last() != w.shape().last()) {
      throw new IllegalArgumentException(
          "linear: inner extents differ, x " + shape + " vs w [out, in] " + w.shape());
    }
    int out = w.shape().dim(0);
    int in = w.shape().dim(1);
    if (bias != null && !bias.shape().equals(Shape.of(out))) {
      throw new IllegalArgumentException("linear: bias " + bias.shape() + " vs w " + w.shape());
    }
    int rows = shape.size() / in;
    var scope = Scope.current();
    var y = scope.allocate(shape.with(-1, out));
    var kernels = scope.backend().matmul();
    var shift = bias == null ? null : bias.buffer();
    if (scope.mode() == Mode.INFER) {
      kernels.linear(rows, out, in, x.buffer(), w.buffer(), shift, fused, y.buffer());
    } else {
      kernels.matmul(
          Product.of(rows, out, in, false, true), x.buffer(), w.buffer(), shift, y.buffer());
    }
    var recorder =
        Tape.record("linear", y)
            .wrt(x, dy -> product(shape, Product.of(rows, in, out, false, false), dy, w))
            .wrt(w, dy -> product(w.shape(), Product.of(out, in, rows, true, false), dy, x));
    if (bias != null) {
      recorder.wrt(bias, dy -> sumOfRows(dy, rows, bias.shape()));
    }
    return recorder.result();
  }

  private static Tensor sumOfRows(Tensor x, int rows, Shape shape) {
    var scope = Scope.current();
    var sum = scope.allocate(shape);
    scope.backend().reduction().sum(x.buffer(), sum.buffer(), 1, rows, shape.size());
    return sum;
  }

  private static Tensor product(Shape shape, Product product, Tensor a, Tensor b) {
    var scope = Scope.current();
    var c = scope.allocate(shape);
    scope.backend().matmul().matmul(product, a.buffer(), b.buffer(), null, c.buffer());
    return c;
  }

  /** {@code t} with all axes but the last folded into one. */
  private static Tensor rows(Tensor t) {
    int cols = t.shape().last();
    return t.viewAs(Shape.of(t.shape().size() / cols, cols));
  }

  private static Tensor product(Tensor a, boolean transposeA, Tensor b, boolean transposeB) {
    var left = a.shape();
    var right = b.shape();
    requireMatrices(left, transposeA, right, transposeB);
    int m = left.dim(transposeA ? -1 : -2);
    int k = left.dim(transposeA ? -2 : -1);
    int n = right.dim(transposeB ? -2 : -1);
    var batched = left.rank() > 2 ? left : right;
    int batch = batched.product(0, batched.rank() - 2);
    var product =
        right.rank() == 2 && !transposeA
            ? Product.of(batch * m, n, k, false, transposeB)
            : new Product(
                batch,
                m,
                n,
                k,
                transposeA,
                transposeB,
                left.rank() > 2 ? m * k : 0,
                right.rank() > 2 ? k * n : 0);
    return product(batched.with(-2, m).with(-1, n), product, a, b);
  }

  private static void requireMatrices(
      Shape left, boolean transposeA, Shape right, boolean transposeB) {
    boolean matrices = left.rank() >= 2 && right.rank() >= 2;
    if (!matrices || left.dim(transposeA ? -2 : -1) != right.dim(transposeB ? -1 : -2)) {
      throw new IllegalArgumentException(
          "matmul: inner extents differ, "
              + text(left, transposeA)
              + " · "
              + text(right, transposeB));
    }
    if (left.rank() > 2
        && right.rank() > 2
        && !left.with(-1, 1).with(-2, 1).equals(right.with(-1, 1).with(-2, 1))) {
      throw new IllegalArgumentException(
          "matmul: batch axes differ, "
              + text(left, transposeA)
              + " · "
              + text(right, transposeB)
              + ": they must be equal, or absent in one operand");
    }
  }

  private static String text(Shape shape, boolean transpose) {
    return transpose ? shape + "ᵀ" : shape.toString();
  }
}
