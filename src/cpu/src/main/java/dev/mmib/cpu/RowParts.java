package dev.mmib.cpu;

import java.util.function.BiConsumer;

/**
 * Work on rows that do not touch each other, cut into a part for each thread.
 *
 * <p>Parts have plans of their own, since they run at the same time.
 */
final class RowParts {

  /** Rows that are worth a thread, together. */
  private static final int FLOATS_PER_PART = 1 << 14;

  /** What is done to rows. */
  enum Pass {
    SOFTMAX,
    SOFTMAX_GRAD,
    LAYER_NORM,
    LAYER_NORM_GRAD
  }

  /** A part of a pass, by which its plan is found again. */
  record Key(Pass pass, int part, int rows, int cols, float eps) {}

  /** Does rows {@code [from, from + key.rows())}. */
  interface Part {
    void run(Plan plan, int from);
  }

  private final OneDnn oneDnn;

  RowParts(OneDnn oneDnn) {
    this.oneDnn = oneDnn;
  }

  /** Does all rows, if they are worth it on several threads. */
  void run(
      Pass pass, int rows, int cols, float eps, BiConsumer<Plan.Builder, Key> compose, Part body) {
    long worth = Math.max(1, (long) rows * cols / FLOATS_PER_PART);
    int parts = (int) Math.min(Math.min(oneDnn.threads(), worth), rows);
    int size = (rows + parts - 1) / parts;
    var plans = new Plan[(rows + size - 1) / size];
    for (int i = 0; i < plans.length; i++) {
      Key key = new Key(pass, i, Math.min(size, rows - i * size), cols, eps);
      plans[i] = oneDnn.serialPlan(key, builder -> compose.accept(builder, key));
    }
    oneDnn.forEach(plans.length, i -> body.run(plans[i], i * size));
  }
}
