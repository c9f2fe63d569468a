package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import org.jspecify.annotations.Nullable;

/** Matrix products. All matrices are row-major and contiguous. */
public interface MatMulKernels {

  /**
   * A batch of products {@code c[m,n] = op(a) · op(b) (+ bias)}.
   *
   * @param batch number of products
   * @param aStride distance of neighbouring matrices of {@code a}: m·k, or 0 for the same one
   *     always
   * @param bStride k·n, or 0
   */
  record Product(
      int batch,
      int m,
      int n,
      int k,
      boolean transposeA,
      boolean transposeB,
      int aStride,
      int bStride) {

    /** One product. */
    public static Product of(int m, int n, int k, boolean transposeA, boolean transposeB) {
      return new Product(1, m, n, k, transposeA, transposeB, 0, 0);
    }
  }

  /**
   * Overwrites {@code c}, [batch, m, n].
   *
   * @param a each matrix [m, k], or [k, m] if transposed
   * @param b each matrix [k, n], or [n, k] if transposed
   * @param bias [n], added to every row, or null
   */
  void matmul(Product product, Buffer a, Buffer b, @Nullable Buffer bias, Buffer c);

  /** Whether {@link #linear} applies {@code f} on the way. */
  default boolean fuses(Unary f) {
    return false;
  }

  /**
   * Overwrites {@code y = f(x wᵀ + bias)} by weights that stay as they are: inference. A device may
   * keep {@code w} in a form that it likes better until somebody writes to it.
   *
   * @param x [rows, in]
   * @param w [out, in]
   * @param bias [out] or null
   * @param f one that the device {@link #fuses}, or null for none
   * @param y [rows, out]
   */
  default void linear(
      int rows,
      int out,
      int in,
      Buffer x,
      Buffer w,
      @Nullable Buffer bias,
      @Nullable Unary f,
      Buffer y) {
    if (f != null) {
      throw new IllegalArgumentException("linear: " + f + " vs what this device fuses: none");
    }
    matmul(Product.of(rows, out, in, false, true), x, w, bias, y);
  }
}
