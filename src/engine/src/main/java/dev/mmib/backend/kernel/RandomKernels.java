package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;
import org.jspecify.annotations.Nullable;

/** Random numbers by {@link dev.mmib.backend.Philox}: functions of (seed, stream, index). */
public interface RandomKernels {

  /** {@code y ~ N(0, 1)}. */
  void normal(long seed, long stream, Buffer y);

  /** {@code y ~ U[0, 1)}. */
  void uniform(long seed, long stream, Buffer y);

  /** {@code y = x ⊙ mask/(1−p)}; its own derivative with dy in place of x. */
  void dropout(Dropout dropout, Buffer x, Buffer y);

  /** {@code z = mu + exp(logVar/2) ⊙ ε}, ε ~ N(0, 1). */
  void reparameterize(long seed, long stream, Buffer mu, Buffer logVar, Buffer z);

  /** {@code dlogVar = ½ exp(logVar/2) ⊙ ε ⊙ dz}, with the same ε again. */
  void reparameterizeGrad(long seed, long stream, Buffer logVar, Buffer dz, Buffer dlogVar);

  /**
   * {@code kl[0] = −½ mean(1 + logVar − mu² − exp(logVar))} over the rows whose mask is 1.
   *
   * @param mask [rows] of 0 and 1, or null for all rows; at least one row must be 1
   */
  void gaussianKl(Buffer mu, Buffer logVar, @Nullable Buffer mask, Buffer kl, int rows, int cols);

  /** {@code dmu = dkl·mu/n, dlogVar = ½dkl(exp(logVar) − 1)/n}, 0 in masked rows; n as above. */
  void gaussianKlGrad(
      Buffer mu,
      Buffer logVar,
      @Nullable Buffer mask,
      Buffer dkl,
      Buffer dmu,
      Buffer dlogVar,
      int rows,
      int cols);
}
