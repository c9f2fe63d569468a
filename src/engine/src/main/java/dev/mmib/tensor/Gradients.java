package dev.mmib.tensor;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.ElementwiseKernels.Binary;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The gradient of one loss with respect to each parameter. A value: there is nothing to zero. */
public final class Gradients {

  private final Scope scope;
  private final Map<Tensor, Tensor> byTensor = new IdentityHashMap<>();
  // Derivatives may hand their dy on as it is (add) or under another shape (reshape), so that one
  // buffer serves several gradients; it is freed when the last of them was used.
  private final Map<Buffer, Integer> uses = new IdentityHashMap<>();
  // Only buffers made by the backward pass are freed by it: a derivative may also return a tensor
  // of the forward pass.
  private final Set<Buffer> mine = Collections.newSetFromMap(new IdentityHashMap<>());

  Gradients(Scope scope) {
    this.scope = scope;
  }

  /** The gradient of {@code parameter}; throws if the loss does not depend on it. */
  public Tensor of(Tensor parameter) {
    var gradient = find(parameter);
    if (gradient == null) {
      throw new IllegalArgumentException(
          "gradients: none for " + parameter + ": the loss does not depend on it");
    }
    return gradient;
  }

  /** The gradient of {@code parameter}, or null if the loss does not depend on it. */
  public @Nullable Tensor find(Tensor parameter) {
    return byTensor.get(parameter);
  }

  void seed(Tensor loss) {
    var one = scope.allocate(loss.shape());
    scope.backend().elementwise().fill(one.buffer(), 1);
    mine.add(one.buffer());
    put(loss, one);
  }

  @Nullable Tensor take(Tensor output) {
    return byTensor.remove(output);
  }

  void drop(Tensor gradient) {
    var buffer = gradient.buffer();
    if (uses.merge(buffer, -1, Integer::sum) == 0) {
      uses.remove(buffer);
      if (mine.remove(buffer)) {
        scope.release(buffer);
      }
    }
  }

  void accumulate(Tensor input, Tensor gradient) {
    var before = byTensor.get(input);
    if (before == null) {
      if (Scope.current().owns(gradient)) {
        mine.add(gradient.buffer());
      }
      put(input, scope.keep(gradient));
      return;
    }
    var sum = scope.allocate(before.shape());
    scope
        .backend()
        .elementwise()
        .binary(Binary.ADD, before.buffer(), gradient.buffer(), sum.buffer());
    drop(before);
    mine.add(sum.buffer());
    put(input, sum);
  }

  private void put(Tensor input, Tensor gradient) {
    uses.merge(gradient.buffer(), 1, Integer::sum);
    byTensor.put(input, gradient);
  }
}
