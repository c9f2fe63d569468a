package dev.mmib.train;

import dev.mmib.io.Ahead;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Batches in a given order, encoded, their pictures decoded on a thread ahead of the step.
 *
 * @param <B> a task's batches
 */
final class Batches<B> implements AutoCloseable {

  static final int AHEAD = 4;

  /**
   * A batch that is ready for its step.
   *
   * @param pictures null of a model of text only
   */
  record Ready<B>(int[] rows, B batch, Pictures.@Nullable Prepared pictures) {}

  private final Ahead<Ready<B>> ahead;

  Batches(TaskRows<B> rows, List<int[]> plan, @Nullable Pictures pictures) {
    ahead =
        new Ahead<>(
            "mmib-batches",
            AHEAD,
            plan.stream().map(some -> prepare(rows, some, pictures)).iterator());
  }

  private static <B> Ready<B> prepare(TaskRows<B> rows, int[] some, @Nullable Pictures pictures) {
    var batch = rows.batch(some);
    if (pictures == null) {
      return new Ready<>(some, batch, null);
    }
    var files = Arrays.stream(some).mapToObj(rows::pictures).toList();
    var places = Arrays.stream(some).mapToObj(rows::place).toList();
    return new Ready<>(some, batch, pictures.prepare(files, places));
  }

  /** The next batch, waiting for it if need be; null after the last. */
  @Nullable Ready<B> next() {
    return ahead.next();
  }

  @Override
  public void close() {
    ahead.close();
  }
}
