package dev.mmib.train;

import dev.mmib.score.EntityScore;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The loop: steps, epochs, which epoch was the best, and when to save.
 *
 * @param <B> the task's batches
 */
final class Training<B> implements AutoCloseable {

  /** What must outlive the process. */
  interface Keeper {

    /** Keeps a model that is better than all before it. */
    void keepBest();

    /** Keeps where the training stands. */
    void checkpoint(TrainingState state, AdamW optimizer);
  }

  private final TrainConfig config;
  private final TaskRows<B> train;
  private final TaskRows<?> dev;
  private final @Nullable Pictures pictures;
  private final Metrics metrics;
  private final TrainingListener listener;
  private final BooleanSupplier stop;
  private final Keeper keeper;
  private final TrainingState state;
  private final AdamW optimizer;
  private final Stepper<B> stepper;
  private final long stepsOfEpoch;
  private final Schedule schedule;
  private long savedAt = System.nanoTime();
  private long savedStep;

  Training(
      TrainConfig config,
      TaskRows<B> train,
      TaskRows<?> dev,
      @Nullable Pictures pictures,
      Metrics metrics,
      TrainingListener listener,
      BooleanSupplier stop,
      Keeper keeper,
      TrainingState state) {
    this.config = config;
    this.train = train;
    this.dev = dev;
    this.pictures = pictures;
    this.metrics = metrics;
    this.listener = listener;
    this.stop = stop;
    this.keeper = keeper;
    this.state = state;
    this.savedStep = state.step;
    this.optimizer = Groups.optimizer(train.model(), config);
    this.stepper = new Stepper<>(train, pictures, config, optimizer, state.random, state.skips);
    int rowsOfStep = Math.multiplyExact(config.batchSize(), config.accumulate());
    this.stepsOfEpoch = (train.size() + rowsOfStep - 1L) / rowsOfStep;
    this.schedule = LinearSchedule.of(config.rates().warmup(), stepsOfEpoch * config.epochs());
  }

  AdamW optimizer() {
    return optimizer;
  }

  /** Runs all epochs that are left, or until it is asked to stop. */
  void run() {
    if (state.step == 0) {
      save(); // what cannot be saved is known before hours of work
    }
    if (config.epochs() == 0) {
      score(0, Double.NaN, System.nanoTime(), 0);
    }
    while (!isAtItsEnd() && !stop.getAsBoolean()) {
      long start = System.nanoTime();
      double postsPerSecond = epoch();
      if (stop.getAsBoolean()) {
        break;
      }
      double loss = state.rows == 0 ? 0 : state.lossSum / state.rows;
      score(state.epoch, loss, start, postsPerSecond);
      state.nextEpoch();
      state.finished = isAtItsEnd();
      save();
    }
    if (state.finished != isAtItsEnd() || savedStep != state.step) {
      state.finished = isAtItsEnd();
      save(); // it was asked to stop, or had nothing to do
    }
    if (state.bestEpoch < 0) {
      keeper.keepBest(); // stopped within the first epoch: what was learned so far
    }
  }

  private boolean isAtItsEnd() {
    return state.epochsDone >= config.epochs() || hasLostPatience();
  }

  /** Early stopping: whether the dev set has not been scored better for too many epochs. */
  private boolean hasLostPatience() {
    return config.patience() > 0
        && state.bestEpoch >= 0
        && state.epochsDone - state.bestEpoch >= config.patience();
  }

  /** The steps of an epoch that are left; posts per second. */
  private double epoch() {
    var plan =
        BatchPlan.shuffled(
            train.lengths(), config.batchSize(), config.accumulate(), config.seed(), state.epoch);
    var left = plan.subList(Math.min(state.stepInEpoch, plan.size()), plan.size());
    var rows = left.stream().flatMap(List::stream).toList();
    long start = System.nanoTime();
    long posts = state.posts;
    double seconds = state.seconds;
    try (var batches = new Batches<>(train, rows, pictures)) {
      for (var ofStep : left) {
        var parts = new ArrayList<Batches.Ready<B>>();
        for (int i = 0; i < ofStep.size(); i++) {
          parts.add(Objects.requireNonNull(batches.next()));
        }
        if (stop.getAsBoolean()) {
          break;
        }
        step(parts, posts, start);
        state.seconds = seconds + secondsSince(start);
        if (isCheckpointDue()) {
          save();
        }
      }
    }
    return (state.posts - posts) / Math.max(1e-9, state.seconds - seconds);
  }

  private void step(List<Batches.Ready<B>> parts, long postsBefore, long start) {
    double factor = schedule.factor(state.step);
    var done = stepper.step(parts, state.step + 1, factor);
    int rows = parts.stream().mapToInt(part -> part.rows().length).sum();
    state.step++;
    state.stepInEpoch++;
    state.skips = stepper.skips();
    state.posts += rows;
    if (!done.skipped()) {
      state.rows += rows;
      state.lossSum += done.loss() * rows;
    }
    var report =
        new StepReport(
            state.epoch,
            state.step,
            stepsOfEpoch * config.epochs(),
            rows,
            done.loss(),
            done.task(),
            done.alignment(),
            done.klText(),
            done.klImage(),
            config.rates().learningRate() * factor,
            done.norm(),
            done.skipped(),
            (state.posts - postsBefore) / Math.max(1e-9, secondsSince(start)),
            train.model().backend().memory().peakBytes(),
            StepReport.heapNow());
    metrics.add(report);
    listener.stepped(report);
  }

  private boolean isCheckpointDue() {
    var saving = config.saving();
    boolean bySteps = saving.checkpointSteps() > 0 && state.step % saving.checkpointSteps() == 0;
    boolean byTime =
        saving.checkpointMinutes() > 0
            && secondsSince(savedAt) >= 60.0 * saving.checkpointMinutes();
    return bySteps || byTime;
  }

  private void save() {
    if (pictures != null) {
      state.missingPictures = pictures.missingPlaces();
    }
    state.metricsBytes = metrics.sync();
    keeper.checkpoint(state, optimizer);
    savedAt = System.nanoTime();
    savedStep = state.step;
  }

  private void score(int epoch, double loss, long start, double postsPerSecond) {
    Scoring.predict(dev, pictures, "dev", listener);
    var score = dev.scores(EntityScore.Mode.LENIENT).micro();
    boolean best = state.bestEpoch < 0 || score.f1() > state.best.f1();
    if (best) {
      state.bestEpoch = epoch;
      state.best = score;
      keeper.keepBest();
    }
    var report = new EpochReport(epoch, loss, score, best, secondsSince(start), postsPerSecond);
    metrics.add(report);
    if (pictures != null) {
      metrics.add(epoch, pictures.counts());
    }
    metrics.plot();
    listener.scored(report);
  }

  private static double secondsSince(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  /** Of the training steps alone. */
  double postsPerSecond() {
    return state.seconds > 0 ? state.posts / state.seconds : 0;
  }

  @Override
  public void close() {
    optimizer.close();
  }
}
