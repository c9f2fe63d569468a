package dev.mmib.tensor;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Owns every tensor made while it is open; closing it frees them all.
 *
 * <p>Scopes nest. The innermost one open on the current thread receives new tensors, wherever the
 * op's inputs live: weights belong to the model's scope, activations to the step's. The only escape
 * is {@link #keep}. A scope is confined to its thread; tensors of a scope that stays open may be
 * read by scopes of other threads.
 *
 * <pre>{@code
 * try (var step = Scope.open(backend, Mode.TRAIN)) {
 *   var gradients = Tape.gradients(model.loss(batch));
 *   optimizer.step(gradients);
 * }
 * }</pre>
 */
public final class Scope implements AutoCloseable {

  private static final ThreadLocal<@Nullable Scope> CURRENT = new ThreadLocal<>();

  private final @Nullable Scope parent;
  private final Backend backend;
  private final Mode mode;
  private final RandomState random;
  // In the order of allocation: what is kept or released early is as a rule among the last.
  private final List<Buffer> owned = new ArrayList<>();
  private final Tape tape;
  private boolean closed;

  private Scope(@Nullable Scope parent, Backend backend, Mode mode, RandomState random) {
    this.parent = parent;
    this.backend = backend;
    this.mode = mode;
    this.random = random;
    this.tape = mode == Mode.TRAIN ? new Tape() : Tape.NONE;
  }

  /** Opens a scope; its random numbers go on from the enclosing scope's, or start from seed 0. */
  public static Scope open(Backend backend, Mode mode) {
    var outer = CURRENT.get();
    return open(backend, mode, outer != null ? outer.random : new RandomState(0, 0));
  }

  /** Opens a scope that draws from {@code random}. */
  public static Scope open(Backend backend, Mode mode, RandomState random) {
    if (mode == Mode.TRAIN && !backend.trains()) {
      throw MmibException.of(
          ErrorCode.USAGE,
          "the device " + backend.name() + " is open for inference: " + backend.description(),
          "Train in fp32; predict and evaluate in the precision that you like.");
    }
    var scope = new Scope(CURRENT.get(), backend, mode, random);
    CURRENT.set(scope);
    return scope;
  }

  /** The innermost open scope of this thread. */
  public static Scope current() {
    var scope = CURRENT.get();
    if (scope == null) {
      throw new IllegalStateException(
          "scope: none is open on thread '"
              + Thread.currentThread().getName()
              + "': wrap the call in try (var scope = Scope.open(backend, mode)) { … }");
    }
    return scope;
  }

  /**
   * A scope that is not the current one: it owns long-lived tensors, such as a model's weights.
   *
   * <p>Fill it by {@link #parameter}, {@link #of} or {@link #keep}; it may be closed on any thread.
   */
  public static Scope detached(Backend backend) {
    return new Scope(null, backend, Mode.INFER, new RandomState(0, 0));
  }

  public Backend backend() {
    return backend;
  }

  public Mode mode() {
    return mode;
  }

  public RandomState random() {
    return random;
  }

  Tape tape() {
    return tape;
  }

  boolean isRecordedOutside(Tensor t) {
    for (var outer = parent; outer != null; outer = outer.parent) {
      if (outer.tape.recorded(t)) {
        return true;
      }
    }
    return false;
  }

  /** A new tensor of undefined content. */
  public Tensor allocate(Shape shape) {
    return new Tensor(shape, own(backend.allocate(DType.F32, shape.size())), false);
  }

  /** A new tensor of ints of undefined content. */
  public Tensor allocateInts(Shape shape) {
    return new Tensor(shape, own(backend.allocate(DType.I32, shape.size())), false);
  }

  /** A new tensor of zeros. */
  public Tensor zeros(Shape shape) {
    var tensor = allocate(shape);
    backend.elementwise().fill(tensor.buffer(), 0);
    return tensor;
  }

  /** A new tensor holding {@code values}. */
  public Tensor of(Shape shape, float... values) {
    return new Tensor(shape, filled(shape, values), false);
  }

  /** A new tensor of ints: ids, tags, lengths. */
  public Tensor ints(Shape shape, int... values) {
    requireSize(shape, values.length);
    var tensor = allocateInts(shape);
    backend.upload(values, 0, tensor.buffer(), 0, values.length);
    return tensor;
  }

  /** A leaf tensor that {@link Tape#gradients} differentiates with respect to. */
  public Tensor parameter(Shape shape, float... values) {
    return new Tensor(shape, filled(shape, values), true);
  }

  /** A leaf tensor of undefined content, to be filled through the backend. */
  public Tensor parameter(Shape shape) {
    return new Tensor(shape, own(backend.allocate(DType.F32, shape.size())), true);
  }

  /**
   * Moves a tensor of an inner scope here, so that it outlives the inner one. A gradient does not
   * flow through a kept tensor: it is a constant outside.
   */
  public Tensor keep(Tensor tensor) {
    for (var scope = CURRENT.get(); scope != null && scope != this; scope = scope.parent) {
      if (scope.disown(tensor.buffer())) {
        own(tensor.buffer());
        break;
      }
    }
    return tensor;
  }

  boolean owns(Tensor tensor) {
    return place(tensor.buffer()) >= 0;
  }

  /** Frees a tensor of this scope before the scope closes; one of another scope is left alone. */
  void release(Buffer buffer) {
    if (disown(buffer)) {
      buffer.close();
    }
  }

  private boolean disown(Buffer buffer) {
    int place = place(buffer);
    if (place < 0) {
      return false;
    }
    owned.remove(place);
    return true;
  }

  /** Where a buffer is among those owned; −1 if it is not. */
  private int place(Buffer buffer) {
    int place = owned.size() - 1;
    while (place >= 0 && owned.get(place) != buffer) {
      place--;
    }
    return place;
  }

  private Buffer filled(Shape shape, float... values) {
    requireSize(shape, values.length);
    var buffer = own(backend.allocate(DType.F32, values.length));
    backend.upload(values, 0, buffer, 0, values.length);
    return buffer;
  }

  private static void requireSize(Shape shape, int length) {
    if (length != shape.size()) {
      throw new IllegalArgumentException(
          "shape " + shape + " holds " + shape.size() + " values, got " + length);
    }
  }

  private Buffer own(Buffer buffer) {
    if (closed) {
      buffer.close();
      throw new IllegalStateException("scope: closed, cannot own another tensor");
    }
    owned.add(buffer);
    return buffer;
  }

  /** Frees every tensor of this scope. Closing twice does nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    var innermost = CURRENT.get();
    if (innermost == this) {
      if (parent == null) {
        CURRENT.remove();
      } else {
        CURRENT.set(parent);
      }
    } else if (isOpenOnThisThread(innermost)) {
      throw new IllegalStateException("scope: close the innermost one first");
    }
    closed = true;
    free();
  }

  /** Frees every tensor of this scope, the last one first; it stays open. */
  void free() {
    for (int i = owned.size() - 1; i >= 0; i--) {
      owned.get(i).close();
    }
    owned.clear();
  }

  private boolean isOpenOnThisThread(@Nullable Scope innermost) {
    for (var scope = innermost; scope != null; scope = scope.parent) {
      if (scope == this) {
        return true;
      }
    }
    return false;
  }
}
