package dev.mmib.op;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Layout.reshape;
import static dev.mmib.op.MatMul.linear;
import static dev.mmib.op.MatMul.matmul;

import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** A bilinear form per output, composed of matrix products, which bring its derivatives. */
public final class Bilinear {

  private Bilinear() {}

  /**
   * {@code y[n, o] = Σ_ij a[n, i] · w[o, i, j] · b[n, j] + bias[o]}, as torch.nn.Bilinear.
   *
   * <pre>
   *   da[n, i]    = Σ_oj dy[n, o] · w[o, i, j] · b[n, j]
   *   db[n, j]    = Σ_oi dy[n, o] · w[o, i, j] · a[n, i]
   *   dw[o, i, j] = Σ_n  dy[n, o] · a[n, i] · b[n, j],     dbias = Σ_n dy
   * </pre>
   *
   * @param a [N, i]
   * @param b [N, j]
   * @param w [o, i, j]
   * @param bias [o] or null
   * @return [N, o]
   */
  public static Tensor bilinear(Tensor a, Tensor b, Tensor w, @Nullable Tensor bias) {
    boolean fits =
        a.shape().rank() == 2
            && b.shape().rank() == 2
            && w.shape().rank() == 3
            && a.shape().dim(0) == b.shape().dim(0)
            && a.shape().dim(1) == w.shape().dim(1)
            && b.shape().dim(1) == w.shape().dim(2);
    if (!fits) {
      throw new IllegalArgumentException(
          "bilinear: a "
              + a.shape()
              + ", b "
              + b.shape()
              + ", w "
              + w.shape()
              + " vs [N, i], [N, j], [o, i, j]");
    }
    int rows = a.shape().dim(0);
    int out = w.shape().dim(0);
    int in = w.shape().dim(1);
    if (bias != null && !bias.shape().equals(Shape.of(out))) {
      throw new IllegalArgumentException("bilinear: bias " + bias.shape() + " vs w " + w.shape());
    }
    var forms = linear(b, reshape(w, out * in, w.shape().dim(2)), null); // Σ_j w[o, i, j] b[n, j]
    var y = matmul(reshape(forms, rows, out, in), reshape(a, rows, in, 1));
    var flat = reshape(y, rows, out);
    return bias == null ? flat : add(flat, bias);
  }
}
