package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.backend.MachineMemory;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses a training that will not fit into memory before it starts, and names a change that was
 * found to fit.
 */
final class MemoryCheck {

  private static final Logger LOG = LoggerFactory.getLogger(MemoryCheck.class);

  /** Texts are not made shorter than this many word pieces. */
  private static final int SHORTEST = 16;

  private static final int MOST_ACCUMULATED = 4096;

  /**
   * What there is.
   *
   * @param bytes for all of a training
   * @param heap for what Java's heap holds whatever the device
   */
  record Limit(long bytes, long heap) {

    static Limit of(Backend backend, TrainConfig config) {
      return config.memoryMegabytes() > 0
          ? new Limit((long) config.memoryMegabytes() << 20, Long.MAX_VALUE)
          : new Limit(backend.availableBytes(), MachineMemory.availableHeap());
    }

    boolean holds(MemoryEstimate estimate) {
      return estimate.total() <= bytes && estimate.heap() <= heap;
    }
  }

  /** What a training needs and what it may take. */
  record Fitting(MemoryEstimate estimate, long limit) {

    /** What memory.json says. */
    JsonObject toJson() {
      return estimate.toJson().put("limit", limit);
    }
  }

  private final Backend backend;
  private final ModelDesign design;
  private final Limit limit;

  private MemoryCheck(Backend backend, ModelDesign design, Limit limit) {
    this.backend = backend;
    this.design = design;
    this.limit = limit;
  }

  /** Estimates what a training needs, and refuses it where that is not there. */
  static Fitting require(Backend backend, ModelDesign design) {
    var estimate = DryRun.of(backend, design);
    var limit = Limit.of(backend, design.config());
    if (!limit.holds(estimate) && design.config().memoryMegabytes() == 0) {
      System.gc(); // garbage counts as taken until it is collected
      limit = Limit.of(backend, design.config());
    }
    if (!limit.holds(estimate)) {
      throw new MemoryCheck(backend, design, limit).refusal(estimate);
    }
    LOG.info(
        "memory: {} of {} that are there: weights {}, gradients {}, optimizer {}, activations {},"
            + " device {}, pictures {}, data {}",
        readable(estimate.total()),
        readable(limit.bytes()),
        readable(estimate.parameters()),
        readable(estimate.gradients()),
        readable(estimate.optimizer()),
        readable(estimate.activations()),
        readable(estimate.device()),
        readable(estimate.pictures()),
        readable(estimate.data()));
    return new Fitting(estimate, limit.bytes());
  }

  private MmibException refusal(MemoryEstimate estimate) {
    boolean heap = estimate.total() <= limit.bytes();
    var what =
        heap
            ? "training needs %s of Java's heap beside %s, %s are there"
                .formatted(readable(estimate.heap()), backend.name(), readable(limit.heap()))
            : "training needs %s on %s, %s are there"
                .formatted(readable(estimate.total()), backend.name(), readable(limit.bytes()));
    return MmibException.of(ErrorCode.OUT_OF_MEMORY, what, hint(heap));
  }

  private String hint(boolean heap) {
    var more =
        design.config().memoryMegabytes() > 0
            ? "raise memoryMegabytes"
            : heap || backend.name().equals("java")
                ? "give Java a larger heap: -Xmx"
                : "use a machine with more memory";
    return firstThatFits()
        .map(change -> "Add `" + change + "`, which fits, or " + more + ".")
        .orElse(
            "Neither smaller batches, shorter texts nor leaving the pictures out would fit: "
                + more
                + ", or use a smaller text encoder.");
  }

  /** The change of the smallest effect on what is learned, of those that fit. */
  private Optional<String> firstThatFits() {
    return changes().stream().filter(this::fits).findFirst().map(this::typed);
  }

  private boolean fits(TrainConfig config) {
    try {
      return limit.holds(DryRun.of(backend, design.with(config)));
    } catch (MmibException e) {
      LOG.debug("no way out: {}", e.getMessage()); // such as a limit that cuts a marker off
      return false;
    }
  }

  /**
   * First what changes nothing that is learned: remembering no pictures, and smaller batches of
   * which several make a step. Then shorter texts, then no pictures at all.
   */
  private List<TrainConfig> changes() {
    var config = design.config();
    boolean pictures = !config.model().textOnly();
    var changes = new ArrayList<TrainConfig>();
    if (pictures) {
      changes.add(withoutCache(config));
    }
    int batch = config.batchSize();
    var least = config;
    for (int part = batch / 2; part >= 1; part--) {
      if (batch % part == 0 && (long) config.accumulate() * (batch / part) <= MOST_ACCUMULATED) {
        least = smaller(config, part, config.accumulate() * (batch / part));
        changes.add(least);
      }
    }
    least = withoutCache(least);
    changes.add(least);
    var shortest = least;
    for (int length = config.model().maxLength() / 2; length >= SHORTEST; length /= 2) {
      shortest = shorter(least, length);
      changes.add(shortest);
    }
    if (pictures) {
      changes.add(wordsOnly(least));
      changes.add(wordsOnly(shortest));
    }
    return changes;
  }

  private static TrainConfig withoutCache(TrainConfig config) {
    var before = config.pictures();
    return config.with(
        draft ->
            draft.pictures =
                new PictureCache(0, before.featureCache(), before.featureCacheMegabytes()));
  }

  private static TrainConfig smaller(TrainConfig config, int batchSize, int accumulate) {
    return config.with(
        draft -> {
          draft.batchSize = batchSize;
          draft.accumulate = accumulate;
        });
  }

  private static TrainConfig shorter(TrainConfig config, int length) {
    return config.with(draft -> draft.model = draft.model.with(model -> model.maxLength = length));
  }

  private static TrainConfig wordsOnly(TrainConfig config) {
    return config.with(draft -> draft.model = draft.model.with(model -> model.textOnly = true));
  }

  /** What to add to the command for a change. */
  private String typed(TrainConfig to) {
    var from = design.config();
    var options = new ArrayList<String>();
    if (to.batchSize() != from.batchSize()) {
      options.add("--set batchSize=" + to.batchSize());
      options.add("--set accumulate=" + to.accumulate());
    }
    if (to.model().maxLength() != from.model().maxLength()) {
      options.add("--set maxLength=" + to.model().maxLength());
    }
    if (to.model().textOnly() != from.model().textOnly()) {
      options.add("--text-only");
    } else if (to.pictures().cacheMegabytes() != from.pictures().cacheMegabytes()) {
      options.add("--set cacheMegabytes=" + to.pictures().cacheMegabytes());
    }
    return String.join(" ", options);
  }

  private static String readable(long bytes) {
    if (bytes == Long.MAX_VALUE) {
      return "an unknown amount";
    }
    return bytes < 1L << 30
        ? String.format(Locale.ROOT, "%.0f MiB", Math.ceil(bytes / (double) (1 << 20)))
        : String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1 << 30));
  }
}
