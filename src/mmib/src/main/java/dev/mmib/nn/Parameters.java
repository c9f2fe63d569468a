package dev.mmib.nn;

import dev.mmib.backend.Backend;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The named tensors of one model, owned by one scope.
 *
 * <p>A view made by {@link #at} puts its path before every name, so that a layer asks for {@code
 * weight} and gets {@code bert.encoder.layer.0.output.dense.weight}.
 */
public final class Parameters implements AutoCloseable {

  private record Store(
      Scope scope, Weights weights, Map<String, Tensor> all, Map<String, Tensor> trainable) {}

  private final Store store;
  private final String prefix;
  private final boolean isFrozen;

  /** Empty parameters that will take their numbers from {@code weights}. */
  public Parameters(Backend backend, Weights weights) {
    this(
        new Store(Scope.detached(backend), weights, new LinkedHashMap<>(), new LinkedHashMap<>()),
        "",
        false);
  }

  private Parameters(Store store, String prefix, boolean isFrozen) {
    this.store = store;
    this.prefix = prefix;
    this.isFrozen = isFrozen;
  }

  /** The same parameters seen from {@code path}, one or more segments. */
  public Parameters at(String path) {
    return new Parameters(store, prefix + path + ".", isFrozen);
  }

  /** The same for the {@code index}-th of several. */
  public Parameters at(String path, int index) {
    return at(path + "." + index);
  }

  /** The same parameters, where everything that is added is a constant. */
  public Parameters frozen() {
    return new Parameters(store, prefix, true);
  }

  /** Adds a tensor that training changes, or a constant in a frozen part. */
  public Tensor add(String name, Initializer fresh, int... dims) {
    return add(name, fresh, Shape.of(dims), !isFrozen);
  }

  /** Adds a tensor that belongs to the model and has no gradient, such as a running mean. */
  public Tensor buffer(String name, Initializer fresh, int... dims) {
    return add(name, fresh, Shape.of(dims), false);
  }

  private Tensor add(String name, Initializer fresh, Shape shape, boolean isTrainable) {
    var full = prefix + name;
    if (store.all.containsKey(full)) {
      throw new IllegalStateException("parameters: '" + full + "' exists already");
    }
    var tensor = tensor(full, fresh, shape, isTrainable);
    store.all.put(full, tensor);
    if (isTrainable) {
      store.trainable.put(full, tensor);
    }
    return tensor;
  }

  private Tensor tensor(String full, Initializer fresh, Shape shape, boolean isTrainable) {
    var scope = store.scope;
    var tensor = isTrainable ? scope.parameter(shape) : scope.allocate(shape);
    if (store.weights != Weights.NONE) {
      store
          .weights
          .values(full, shape, fresh)
          .upload(scope.backend(), tensor.buffer(), 0, shape.size());
    }
    return tensor;
  }

  /** Every tensor by its full name, in the order in which they were added. */
  public Map<String, Tensor> all() {
    return Collections.unmodifiableMap(store.all);
  }

  /** Those of them that training changes. */
  public Map<String, Tensor> trainable() {
    return Collections.unmodifiableMap(store.trainable);
  }

  /** The tensor of that full name. */
  public Tensor tensor(String name) {
    var tensor = store.all.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("parameters: no tensor '" + name + "'");
    }
    return tensor;
  }

  /** How many numbers there are. */
  public long count() {
    return store.all.values().stream().mapToLong(t -> t.shape().size()).sum();
  }

  public Backend backend() {
    return store.scope.backend();
  }

  /** Frees all of them. */
  @Override
  public void close() {
    store.scope.close();
  }
}
