package dev.mmib.train;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.Losses;
import dev.mmib.score.EntityScore;
import dev.mmib.score.Prf;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The loop: steps, epochs, and which epoch was the best.
 *
 * @param <B> the task's batches
 */
final class Training<B> implements AutoCloseable {

  /** What to do with a model that is better than all before it. */
  @FunctionalInterface
  interface Keeper {
    void keep(int epoch);
  }

  private static final int PLACES_NAMED = 8;

  private final TrainConfig config;
  private final TaskRows<B> train;
  private final TaskRows<?> dev;
  private final @Nullable Pictures pictures;
  private final Metrics metrics;
  private final TrainingListener listener;
  private final BooleanSupplier stop;
  private final AdamW optimizer;
  private final RandomState random;
  private final long stepsOfEpoch;
  private final Schedule schedule;

  private long step;
  private int epochsDone;
  private int bestEpoch = -1;
  private Prf bestScore = new Prf(0, 0, 0, 0);
  private long posts;
  private double seconds;

  Training(
      TrainConfig config,
      TaskRows<B> train,
      TaskRows<?> dev,
      @Nullable Pictures pictures,
      Metrics metrics,
      TrainingListener listener,
      BooleanSupplier stop) {
    this.config = config;
    this.train = train;
    this.dev = dev;
    this.pictures = pictures;
    this.metrics = metrics;
    this.listener = listener;
    this.stop = stop;
    this.optimizer = Groups.optimizer(train.model(), config);
    this.random = new RandomState(config.seed(), 0);
    this.stepsOfEpoch = (train.size() + config.batchSize() - 1) / config.batchSize();
    this.schedule = LinearSchedule.of(config.rates().warmup(), stepsOfEpoch * config.epochs());
  }

  /** Runs all epochs, or until it is asked to stop. */
  void run(Keeper keeper) {
    if (config.epochs() == 0) {
      score(0, Double.NaN, System.nanoTime(), 0, keeper);
    }
    for (int epoch = 1; epoch <= config.epochs() && !stop.getAsBoolean(); epoch++) {
      long start = System.nanoTime();
      double loss = epoch(epoch, start);
      if (stop.getAsBoolean()) {
        break;
      }
      epochsDone = epoch;
      score(epoch, loss, start, rate(epoch, start), keeper);
    }
    if (bestEpoch < 0) {
      keeper.keep(0); // stopped within the first epoch: what was learned so far
      bestEpoch = 0;
    }
  }

  private double rate(int epoch, long start) {
    double took = secondsSince(start);
    seconds += took;
    posts += train.size();
    return epoch > 0 && took > 0 ? train.size() / took : 0;
  }

  private double epoch(int epoch, long start) {
    double sum = 0;
    int rows = 0;
    var plan = BatchPlan.shuffled(train.lengths(), config.batchSize(), config.seed(), epoch);
    try (var batches = new Batches<>(train, plan, pictures)) {
      for (var ready = batches.next(); ready != null; ready = batches.next()) {
        if (stop.getAsBoolean()) {
          break;
        }
        step++;
        rows += ready.rows().length;
        var report = step(epoch, ready, rows, start);
        sum += report.loss() * ready.rows().length;
        metrics.add(report);
        listener.stepped(report);
      }
    }
    return rows == 0 ? 0 : sum / rows;
  }

  private StepReport step(int epoch, Batches.Ready<B> ready, int rowsOfEpoch, long start) {
    var model = train.model();
    var backend = model.backend();
    var prepared = ready.pictures();
    var images = pictures == null || prepared == null ? null : pictures.images(prepared, model);
    try (var scope = Scope.open(backend, Mode.TRAIN, random)) {
      var losses = train.loss(ready.batch(), images);
      double loss = finite("the loss", losses.total().item(), ready.rows());
      var gradients = Tape.gradients(losses.total());
      double norm =
          finite(
              "the gradient's norm",
              GradientClip.norm(backend, optimizer.gradients(gradients::find)),
              ready.rows());
      double factor = schedule.factor(step - 1);
      optimizer.step(gradients::find, factor, config.rates().clipping().factor(norm));
      double rate = rowsOfEpoch / Math.max(1e-9, secondsSince(start));
      return report(epoch, ready.rows().length, loss, losses, norm, factor, rate);
    }
  }

  private StepReport report(
      int epoch,
      int rows,
      double loss,
      Losses losses,
      double norm,
      double factor,
      double postsPerSecond) {
    return new StepReport(
        epoch,
        step,
        stepsOfEpoch * config.epochs(),
        rows,
        loss,
        losses.task().item(),
        losses.alignment().item(),
        losses.klText().item(),
        losses.klImage().item(),
        config.rates().learningRate() * factor,
        norm,
        postsPerSecond,
        train.model().backend().memory().peakBytes());
  }

  private double finite(String what, double value, int[] rows) {
    if (Double.isFinite(value)) {
      return value;
    }
    var places =
        Arrays.stream(rows)
            .limit(PLACES_NAMED)
            .mapToObj(train::place)
            .collect(Collectors.joining(", "));
    throw MmibException.of(
        ErrorCode.NOT_FINITE,
        what + " is " + value + " at step " + step + ", of the rows " + places,
        "Lower learningRate, or set clip=1. The best model before this step is kept.");
  }

  private void score(int epoch, double loss, long start, double postsPerSecond, Keeper keeper) {
    Scoring.predict(dev, pictures, "dev", listener);
    var score = dev.scores(EntityScore.Mode.LENIENT).micro();
    boolean best = bestEpoch < 0 || score.f1() > bestScore.f1();
    if (best) {
      bestEpoch = epoch;
      bestScore = score;
      keeper.keep(epoch);
    }
    var report = new EpochReport(epoch, loss, score, best, secondsSince(start), postsPerSecond);
    metrics.add(report);
    metrics.plot();
    listener.scored(report);
  }

  private static double secondsSince(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  int epochsDone() {
    return epochsDone;
  }

  int bestEpoch() {
    return bestEpoch;
  }

  Prf bestScore() {
    return bestScore;
  }

  /** Of the training steps alone. */
  double postsPerSecond() {
    return seconds > 0 ? posts / seconds : 0;
  }

  @Override
  public void close() {
    optimizer.close();
  }
}
