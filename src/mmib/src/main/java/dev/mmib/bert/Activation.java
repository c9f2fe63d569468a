package dev.mmib.bert;

import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import java.util.Arrays;
import java.util.Optional;

/** The nonlinearities that a configuration's {@code hidden_act} can name. */
public enum Activation {
  /** The exact Gaussian form. */
  GELU("gelu", Unary.GELU),
  /** The tanh approximation. */
  GELU_NEW("gelu_new", Unary.GELU_TANH),
  /** The same as {@link #GELU_NEW} under PyTorch's name. */
  GELU_PYTORCH_TANH("gelu_pytorch_tanh", Unary.GELU_TANH),
  RELU("relu", Unary.RELU),
  TANH("tanh", Unary.TANH);

  private final String key;
  private final Unary function;

  Activation(String key, Unary function) {
    this.key = key;
    this.function = function;
  }

  /** The name in a configuration. */
  public String key() {
    return key;
  }

  Unary function() {
    return function;
  }

  static Optional<Activation> named(String key) {
    return Arrays.stream(values()).filter(a -> a.key.equals(key)).findFirst();
  }
}
