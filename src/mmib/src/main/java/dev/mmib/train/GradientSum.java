package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.tensor.Gradients;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tensor;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The sum of the gradients of several losses. */
final class GradientSum implements AutoCloseable {

  private final Backend backend;
  private final Scope memory;
  private final Map<Tensor, Tensor> sums = new IdentityHashMap<>();

  GradientSum(Backend backend) {
    this.backend = backend;
    this.memory = Scope.detached(backend);
  }

  /** Adds the gradients of {@code parameters}, of those that have one. */
  void add(List<Tensor> parameters, Gradients gradients) {
    for (var parameter : parameters) {
      var gradient = gradients.find(parameter);
      if (gradient != null) {
        var sum = sums.computeIfAbsent(parameter, p -> memory.zeros(p.shape()));
        backend.elementwise().accumulate(gradient.buffer(), sum.buffer());
      }
    }
  }

  /** The sum for a parameter, or null if none of the losses depends on it. */
  @Nullable Tensor find(Tensor parameter) {
    return sums.get(parameter);
  }

  @Override
  public void close() {
    memory.close();
  }
}
