package dev.mmib.backend.kernel;

import dev.mmib.backend.Buffer;

/** Pointwise functions. Every method overwrites its last buffer unless it says otherwise. */
public interface ElementwiseKernels {

  /** Functions of one number. */
  enum Unary {
    EXP,
    LOG,
    SQRT,
    TANH,
    SIGMOID,
    /** {@code log(1 + exp x)}, without overflow. */
    SOFTPLUS,
    RELU,
    /** {@code x · Φ(x)} with the exact Gaussian distribution function. */
    GELU,
    /** {@code ½x(1 + tanh(√(2/π)(x + 0.044715x³)))}. */
    GELU_TANH,
    /** {@code 2/√π ∫₀ˣ exp(−t²) dt}. */
    ERF
  }

  /** Functions of two numbers. */
  enum Binary {
    ADD,
    SUB,
    MUL,
    DIV
  }

  /** {@code y = f(x)}. */
  void unary(Unary f, Buffer x, Buffer y);

  /**
   * {@code dx = f′(x) ⊙ dy}; {@code y = f(x)} is given because some derivatives are cheaper by it.
   */
  void unaryGrad(Unary f, Buffer x, Buffer y, Buffer dy, Buffer dx);

  /** {@code y = f(a, b)}, all of the same length. */
  void binary(Binary f, Buffer a, Buffer b, Buffer y);

  /**
   * {@code y[i…] = f(a[i…], b[i…])} over an index space of {@code dims}, outermost first.
   *
   * @param aStrides distance in {@code a} of neighbours along each axis; 0 where it is broadcast
   * @param bStrides the same for {@code b}
   */
  void binaryBroadcast(
      Binary f, Buffer a, int[] aStrides, Buffer b, int[] bStrides, Buffer y, int[] dims);

  /** {@code y = scale · x + shift}; {@code x} and {@code y} may be the same buffer. */
  void affine(Buffer x, double scale, double shift, Buffer y);

  /** {@code sum += x}. */
  void accumulate(Buffer x, Buffer sum);

  /** {@code y[i] = value} for every i. */
  void fill(Buffer y, double value);

  /** {@code y[r, c] = f(x[r, c] + bias[c])}. */
  void biasUnary(Unary f, Buffer x, Buffer bias, Buffer y, int rows, int cols);

  /** {@code dx = f′(x + bias) ⊙ dy}, {@code dbias[c] = Σᵣ dx[r, c]}; overwrites both. */
  void biasUnaryGrad(
      Unary f, Buffer x, Buffer bias, Buffer dy, Buffer dx, Buffer dbias, int rows, int cols);
}
