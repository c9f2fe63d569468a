package dev.mmib.nn;

import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tensor;
import java.util.function.Supplier;

/** Computations of which only the result outlives them. */
public final class Contained {

  private Contained() {}

  /**
   * What {@code computation} gives; in inference, everything else that it made is freed at once, so
   * that a deep network needs the memory of its widest layer. In training the tape needs all of it.
   */
  public static Tensor inInference(Supplier<Tensor> computation) {
    return Scope.current().mode() == Mode.TRAIN ? computation.get() : constant(computation);
  }

  /** The same in either mode, without a gradient: for frozen parts. */
  public static Tensor constant(Supplier<Tensor> computation) {
    var outer = Scope.current();
    try (var inner = Scope.open(outer.backend(), Mode.INFER)) {
      return outer.keep(computation.get());
    }
  }
}
