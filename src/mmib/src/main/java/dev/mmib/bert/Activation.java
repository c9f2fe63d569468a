package dev.mmib.bert;

import dev.mmib.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The nonlinearities that a configuration's {@code hidden_act} can name. */
public enum Activation {
  /** The exact Gaussian form. */
  GELU("gelu", dev.mmib.op.Activation::gelu),
  /** The tanh approximation. */
  GELU_NEW("gelu_new", dev.mmib.op.Activation::geluTanh),
  /** The same as {@link #GELU_NEW} under PyTorch's name. */
  GELU_PYTORCH_TANH("gelu_pytorch_tanh", dev.mmib.op.Activation::geluTanh),
  RELU("relu", dev.mmib.op.Activation::relu),
  TANH("tanh", dev.mmib.op.Activation::tanh);

  private final String key;
  private final UnaryOperator<Tensor> function;

  Activation(String key, UnaryOperator<Tensor> function) {
    this.key = key;
    this.function = function;
  }

  /** The name in a configuration. */
  public String key() {
    return key;
  }

  public Tensor apply(Tensor x) {
    return function.apply(x);
  }

  static Optional<Activation> named(String key) {
    return Arrays.stream(values()).filter(a -> a.key.equals(key)).findFirst();
  }
}
