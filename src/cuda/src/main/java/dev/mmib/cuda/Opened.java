package dev.mmib.cuda;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is closed together, the last opened first: by {@link #close}, and by a constructor that
 * fails half-way.
 *
 * <pre>{@code
 * try (var opening = new Opened()) {
 *   stream = opening.add(new CudaStream(0), CudaStream::close);
 *   cudnn = opening.add(new Cudnn(stream), Cudnn::close); // if this fails, the stream is closed
 *   opened = opening.keep();
 * }
 * }</pre>
 */
final class Opened implements AutoCloseable {

  private final Deque<Runnable> closings = new ArrayDeque<>();

  /** Notes how {@code resource} is closed, and returns it. */
  <T> T add(T resource, Consumer<? super T> closing) {
    closings.push(() -> closing.accept(resource));
    return resource;
  }

  /** All of it, which from now on is closed by the one returned and not by this. */
  Opened keep() {
    var kept = new Opened();
    kept.closings.addAll(closings);
    closings.clear();
    return kept;
  }

  /** Closes all of it, also where a closing fails; a second time does nothing. */
  @Override
  public void close() {
    @Nullable RuntimeException first = null;
    while (!closings.isEmpty()) {
      try {
        closings.pop().run();
      } catch (RuntimeException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
