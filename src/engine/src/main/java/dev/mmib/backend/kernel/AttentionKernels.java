package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head scaled dot-product attention; heads lie side by side in the last axis.
 *
 * <pre>
 *   S = scale · Q Kᵀ, and −1e9 where a mask is 0     per sequence and head
 *   P = softmax(S),  D = dropout(P),  out = D V
 *
 *   dV = Dᵀ dout,  dD = dout Vᵀ,  dP = dropout′(dD)
 *   dS = P ⊙ (dP − Σ dP⊙P), 0 where masked,  dQ = scale · dS K,  dK = scale · dSᵀ Q
 * </pre>
 *
 * A row whose keys are all masked attends uniformly, as in the released code.
 */
public interface AttentionKernels {

  /**
   * Sizes of one call.
   *
   * @param scale what scores are multiplied by, usually 1/√headDim
   */
  record Heads(int batch, int heads, int queries, int keys, int headDim, double scale) {

    /** Width of a row of Q, K, V and out. */
    public int width() {
      return heads * headDim;
    }

    /** Number of elements of P; more than a buffer can hold are refused. */
    public int probabilities() {
      long count = (long) batch * heads * queries * keys;
      if (count > Integer.MAX_VALUE) {
        throw MmibException.of(
            ErrorCode.OUT_OF_MEMORY,
            "attention of "
                + batch
                + " sequences with "
                + heads
                + " heads from "
                + queries
                + " to "
                + keys
                + " positions has more probabilities than a buffer holds",
            "Use a smaller batch or shorter texts.");
      }
      return (int) count;
    }
  }

  /**
   * What may be attended to: floats, 1 to keep and 0 to mask.
   *
   * @param keys [batch, keys] or null for all
   * @param queries [batch, queries] or null for all; a masked query attends uniformly
   */
  record Masks(@Nullable Buffer keys, @Nullable Buffer queries) {
    public static final Masks NONE = new Masks(null, null);
  }

  /** Number of floats that {@link #forward} leaves for {@link #backward} in {@code saved}. */
  int savedLength(Heads heads);

  /**
   * Overwrites {@code out} and {@code saved}.
   *
   * @param q [batch, queries, width]
   * @param k [batch, keys, width]
   * @param v [batch, keys, width]
   * @param dropout on P; element (b, h, i, j) has the index of a row-major [B, heads, queries,
   *     keys]
   * @param out [batch, queries, width], none of the inputs: heads are done one after the other
   * @param saved what the backward pass needs; its meaning is the backend's own
   */
  void forward(
      Heads heads,
      Buffer q,
      Buffer k,
      Buffer v,
      Masks masks,
      Dropout dropout,
      Buffer out,
      Buffer saved);

  /** Number of floats that {@link #infer} works in. */
  default int scratchLength(Heads heads) {
    return savedLength(heads);
  }

  /**
   * Overwrites {@code out} as {@link #forward} does without dropout, where no backward pass
   * follows.
   *
   * @param scratch of {@link #scratchLength}; undefined afterwards
   */
  default void infer(
      Heads heads, Buffer q, Buffer k, Buffer v, Masks masks, Buffer out, Buffer scratch) {
    forward(heads, q, k, v, masks, Dropout.NONE, out, scratch);
  }

  /** Overwrites {@code dq, dk, dv}. */
  void backward(
      Heads heads,
      Buffer q,
      Buffer k,
      Buffer v,
      Masks masks,
      Dropout dropout,
      Buffer out,
      Buffer saved,
      Buffer dout,
      Buffer dq,
      Buffer dk,
      Buffer dv);

  /** Overwrites {@code p} [batch, heads, queries, keys] with P, before dropout. */
  void probabilities(Heads heads, Buffer q, Buffer k, Masks masks, Buffer p);
}
