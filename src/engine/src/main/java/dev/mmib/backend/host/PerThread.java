package dev.mmib.backend.host;

import java.lang.ref.SoftReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An object for each thread, made when the thread first asks.
 *
 * <p>It is held softly: a thread that outlives this library, such as one of a server's pool, keeps
 * neither the object's class nor its loader from being unloaded.
 *
 * @param <T> of working memory, whose content nobody expects to find again
 */
public final class PerThread<T> {

  private final ThreadLocal<@Nullable SoftReference<T>> held = new ThreadLocal<>();
  private final Supplier<T> make;

  /** Objects that {@code make} makes. */
  public PerThread(Supplier<T> make) {
    this.make = make;
  }

  /** The calling thread's. */
  public T ofThread() {
    SoftReference<T> known = held.get();
    T object = known == null ? null : known.get();
    if (object == null) {
      object = make.get();
      held.set(new SoftReference<>(object));
    }
    return object;
  }
}
