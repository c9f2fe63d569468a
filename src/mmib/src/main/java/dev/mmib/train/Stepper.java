package dev.mmib.train;

import dev.mmib.data.ImageBatch;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.BatchShape;
import dev.mmib.model.MmibModel;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One step: the gradient of one batch, or of several that count as one, and what the optimizer does
 * with it. Nothing is learned from a loss or a gradient that is not finite.
 *
 * @param <B> the task's batches
 */
final class Stepper<B> {

  private static final Logger LOG = LoggerFactory.getLogger(Stepper.class);

  /**
   * What a step came to.
   *
   * @param loss the whole loss; the next four are its parts before their weights
   * @param norm of the gradient, before clipping
   * @param skipped whether something was not finite and nothing was learned; the numbers are NaN
   */
  record Done(
      double loss,
      double task,
      double alignment,
      double klText,
      double klImage,
      double norm,
      boolean skipped) {

    static final Done SKIPPED =
        new Done(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, true);
  }

  /**
   * A batch and its pictures.
   *
   * @param images null of a model of text only
   */
  record Part<B>(int[] rows, B batch, @Nullable ImageBatch images) {}

  private final LossRows<B> rows;
  private final MmibModel model;
  private final @Nullable Pictures pictures;
  private final TrainConfig config;
  private final AdamW optimizer;
  private final RandomState random;
  private final RunningStatistics statistics;
  private final Object identity = new Object(); // in keys, which must not hold the rows
  private int skips;

  /**
   * The steps of a training.
   *
   * @param skips steps that it left out before
   */
  Stepper(
      LossRows<B> rows,
      @Nullable Pictures pictures,
      TrainConfig config,
      AdamW optimizer,
      RandomState random,
      int skips) {
    this.rows = rows;
    this.model = rows.model();
    this.pictures = pictures;
    this.config = config;
    this.optimizer = optimizer;
    this.random = random;
    this.skips = skips;
    this.statistics = RunningStatistics.of(model);
  }

  /** Steps left out so far. */
  int skips() {
    return skips;
  }

  /**
   * Makes a step.
   *
   * @param batches those that count as one
   * @param number of the step, from 1
   * @param rate the schedule's factor
   */
  Done step(List<Batches.Ready<B>> batches, long number, double rate) {
    List<float[]> saved = config.badSteps() > 0 ? statistics.save() : List.of();
    try {
      var parts = batches.stream().map(this::part).toList();
      var done = parts.size() == 1 ? single(parts.get(0), rate) : several(parts, rate);
      parts.forEach(this::release);
      return done;
    } catch (MmibException e) {
      if (e.code() != ErrorCode.NOT_FINITE) {
        throw e;
      }
      double learning = config.rates().learningRate() * rate;
      var error = NotFinite.inStep(e, number, learning, places(batches));
      if (skips >= config.badSteps()) {
        throw error;
      }
      skips++;
      statistics.restore(saved);
      LOG.warn("step left out, {} of at most {}: {}", skips, config.badSteps(), error.what());
      return Done.SKIPPED;
    }
  }

  private Part<B> part(Batches.Ready<B> ready) {
    var prepared = ready.pictures();
    var images = pictures == null || prepared == null ? null : pictures.images(prepared, model);
    return new Part<>(ready.rows(), ready.batch(), images);
  }

  private void release(Part<B> part) {
    if (pictures != null && part.images() != null) {
      pictures.release(part.images());
    }
  }

  private List<String> places(List<Batches.Ready<B>> batches) {
    return batches.stream()
        .flatMapToInt(batch -> Arrays.stream(batch.rows()))
        .mapToObj(rows::place)
        .toList();
  }

  /** What a device may record: a step of some shape, once the optimizer's moments are there. */
  private record Repeated(Object training, int moments, BatchShape shape) {}

  private Done single(Part<B> part, double rate) {
    int moments = optimizer.states().size();
    if (moments == 0) { // this step makes them, and they outlive it
      return learn(part, rate);
    }
    var shape = model.shape(rows.text(part.batch()), part.images());
    return model
        .backend()
        .repeat(new Repeated(identity, moments, shape), random.position(), () -> learn(part, rate));
  }

  private Done learn(Part<B> part, double rate) {
    try (var scope = Scope.open(model.backend(), Mode.TRAIN, random)) {
      var losses = rows.loss(part.batch(), part.images());
      double loss = NotFinite.checked(losses.total(), model.parameters());
      var gradients = Tape.gradients(losses.total());
      double norm = learn(gradients::find, rate);
      return new Done(
          loss,
          losses.task().item(),
          losses.alignment().item(),
          losses.klText().item(),
          losses.klImage().item(),
          norm,
          false);
    }
  }

  private Done several(List<Part<B>> parts, double rate) {
    try (var accumulation = new Accumulation<>(rows, parts, random, statistics)) {
      var sum = accumulation.run();
      double norm = learn(accumulation::gradient, rate);
      return new Done(
          sum.total(), sum.task(), sum.alignment(), sum.klText(), sum.klImage(), norm, false);
    }
  }

  /** Checks the gradient and takes the optimizer's step; the gradient's norm. */
  private double learn(Function<Tensor, @Nullable Tensor> gradientOf, double rate) {
    double norm = GradientClip.norm(model.backend(), optimizer.gradients(gradientOf));
    if (!Double.isFinite(norm)) {
      throw NotFinite.norm(norm, model.parameters(), gradientOf);
    }
    optimizer.step(gradientOf, rate, config.rates().clipping().factor(norm));
    return norm;
  }
}
