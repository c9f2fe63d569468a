package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.backend.sizing.SizingBackend;
import dev.mmib.data.Split;
import dev.mmib.model.MmibModel;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.RandomState;
import java.util.ArrayList;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A training that is gone through on a device of sizes: its largest steps and its largest batch of
 * scoring, so that the peak of its tensors is known and not guessed.
 */
final class DryRun implements AutoCloseable {

  /** Batches that make a step differ in a few vectors of each; more of them need no rehearsal. */
  private static final int MOST_PARTS = 16;

  /** The first step makes the optimizer's moments; from the second on each needs the same. */
  private static final int STEPS = 2;

  /**
   * Beside rounding, devices hold reordered copies of a few buffers for a moment: 0.3 % of the
   * tensors at full size on {@code cpu}, up to 2 % of those of toys.
   */
  private static final double COPIED_SHARE = 0.03;

  /** The batch in one array, the pictures of it that are there, and what goes to the device. */
  private static final int COPIES = 3;

  /** Ids, types, labels and words of a piece. */
  private static final int BYTES_OF_A_PIECE = 16;

  /** Headers of the arrays of a row, and their record. */
  private static final int BYTES_OF_A_ROW = 160;

  private final TrainConfig config;
  private final SizingBackend sizes;
  private final MmibModel model;
  private final TaskRows<?> train;
  private final TaskRows<?> dev;
  private final @Nullable Pictures pictures;

  private DryRun(Backend device, ModelDesign design) {
    config = design.config();
    sizes = new SizingBackend(device);
    model = design.model(sizes, Weights.NONE);
    train = design.data().rows(Split.TRAIN, model, design.tokenizer());
    dev = design.data().rows(Split.DEV, model, design.tokenizer());
    pictures =
        model.config().textOnly() ? null : new Pictures(model, config.rows().missingImages(), 0);
  }

  /** What a training of this design would need on a device. */
  static MemoryEstimate of(Backend device, ModelDesign design) {
    try (var run = new DryRun(device, design)) {
      return run.estimate(design.data());
    }
  }

  private MemoryEstimate estimate(TrainingData data) {
    long parameters = sizes.memory().liveBytes();
    score(dev);
    long gradients = 0;
    long moments = 0;
    if (config.epochs() > 0) {
      try (var optimizer = Groups.optimizer(model, config)) {
        steps(train, optimizer);
        moments = sizes.memory().liveBytes() - parameters;
        gradients = moments / 2; // m and v have the gradient's size, of what has a gradient
      }
    }
    long tensors = sizes.memory().peakBytes();
    return new MemoryEstimate(
        parameters,
        gradients,
        moments,
        tensors - parameters - gradients - moments,
        sizes.peakFootprint() - tensors + (long) (tensors * COPIED_SHARE),
        pictureBytes(data),
        bytes(train) + bytes(dev) + largestParameter());
  }

  private <B> void score(TaskRows<B> rows) {
    int[] longest = longest(rows, Scoring.BATCH);
    if (longest.length > 0) {
      var images = pictures == null ? null : pictures.images(pictures.blank(longest.length), model);
      rows.predict(longest, rows.batch(longest), images);
    }
  }

  /** Steps as they are made in earnest, of the longest rows. */
  private <B> void steps(TaskRows<B> rows, AdamW optimizer) {
    int parts = Math.min(config.accumulate(), MOST_PARTS);
    var longest = BatchPlan.byLength(rows.lengths(), config.batchSize());
    var batches = new ArrayList<Batches.Ready<B>>();
    for (int[] some : longest.subList(0, Math.min(parts, longest.size()))) {
      var blank = pictures == null ? null : pictures.blank(some.length);
      batches.add(new Batches.Ready<>(some, rows.batch(some), blank));
    }
    var stepper =
        new Stepper<>(rows, pictures, config, optimizer, new RandomState(config.seed(), 0), 0);
    for (int step = 1; step <= STEPS && !batches.isEmpty(); step++) {
      stepper.step(batches, step, 1);
    }
  }

  private static int[] longest(TaskRows<?> rows, int count) {
    return rows.size() == 0 ? new int[0] : BatchPlan.byLength(rows.lengths(), count).get(0);
  }

  /**
   * What is remembered of pictures, those that wait for their step in pixels, and the copies made
   * of one batch on its way to the device.
   */
  private long pictureBytes(TrainingData data) {
    if (pictures == null) {
      return 0;
    }
    var image = model.config().image();
    boolean constant = model.hasConstantImageFeatures();
    long pixels = 4L * 3 * image.size() * image.size();
    long slots = 1 + model.config().crops();
    long remembered =
        Math.min(
            (long) config.pictures().cacheMegabytes() << 20,
            data.size() * slots * (constant ? 4L * image.network().features() : pixels));
    int inTraining = Math.min(train.size(), config.batchSize() * config.accumulate());
    int inScoring = Math.min(dev.size(), Scoring.BATCH);
    long posts =
        Math.max(
            config.epochs() == 0 ? 0 : inTraining + ahead(train, config.batchSize()),
            inScoring + ahead(dev, Scoring.BATCH));
    int copied =
        constant ? 0 : COPIES * Math.max(Math.min(train.size(), config.batchSize()), inScoring);
    return remembered + (posts + copied) * slots * pixels;
  }

  private static long ahead(TaskRows<?> rows, int batch) {
    return Math.min(rows.size(), (Batches.AHEAD + 1L) * batch);
  }

  private static long bytes(TaskRows<?> rows) {
    return (long) IntStream.of(rows.lengths()).sum() * BYTES_OF_A_PIECE
        + (long) rows.size() * BYTES_OF_A_ROW;
  }

  private long largestParameter() {
    return 4L
        * model.parameters().all().values().stream()
            .mapToInt(t -> t.shape().size())
            .max()
            .orElse(0);
  }

  @Override
  public void close() {
    model.close();
    sizes.close();
  }
}
