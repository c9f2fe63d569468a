package dev.mmib.nn;

import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.op.MatMul;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A linear map of the last axis: y = x Wᵀ + b.
 *
 * @param weight [out, in]
 * @param bias [out]
 */
public record Linear(Tensor weight, @Nullable Tensor bias) {

  /** A layer with bias. */
  public static Linear of(Parameters at, int in, int out) {
    return of(at, in, out, Initializer.linear(in));
  }

  /** A layer with bias; a fresh bias is zero. */
  public static Linear of(Parameters at, int in, int out, Initializer fresh) {
    return new Linear(at.add("weight", fresh, out, in), at.add("bias", Initializer.ZEROS, out));
  }

  public static Linear withoutBias(Parameters at, int in, int out, Initializer fresh) {
    return new Linear(at.add("weight", fresh, out, in), null);
  }

  /** [.., in] → [.., out]. */
  public Tensor forward(Tensor x) {
    return MatMul.linear(x, weight, bias);
  }

  /** f of what {@link #forward(Tensor)} gives. */
  public Tensor forward(Tensor x, Unary f) {
    return MatMul.activated(f, x, weight, bias);
  }
}
