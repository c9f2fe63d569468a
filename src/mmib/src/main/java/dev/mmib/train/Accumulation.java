package dev.mmib.train;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.mul;
import static dev.mmib.op.Arithmetic.scale;

import dev.mmib.backend.Backend;
import dev.mmib.model.AlignmentConfig;
import dev.mmib.model.Beta;
import dev.mmib.model.Losses;
import dev.mmib.model.MmibModel;
import dev.mmib.op.Layout;
import dev.mmib.op.Reduction;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import dev.mmib.train.Stepper.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of several batches as of the one that they would be together.
 *
 * <p>Every part of the loss counts by its share. The alignment holds each text against other posts'
 * pictures, so it is taken over all posts at once: first their aligned vectors are computed, batch
 * by batch; the alignment's gradient with respect to them is then handed to each batch when its
 * turn comes. Source: "gradient caching", Gao et al. 2021 (arXiv 2101.06983).
 *
 * <p>What depends on a batch by itself stays different: the batch statistics of a picture encoder
 * that is trained, and which noise falls to which post.
 *
 * @param <B> the task's batches
 */
final class Accumulation<B> implements AutoCloseable {

  /** The losses of all batches together. */
  record Sum(double total, double task, double alignment, double klText, double klImage) {}

  /** The alignment's gradient with respect to the aligned vectors, [posts, hidden]. */
  private record AlignmentGradient(double loss, Tensor text, Tensor image) {}

  private final LossRows<B> rows;
  private final List<Part<B>> parts;
  private final RandomState random;
  private final RunningStatistics statistics;
  private final MmibModel model;
  private final Backend backend;
  private final Beta beta;
  private final List<Tensor> weights;
  private final Scope memory;
  private final GradientSum gradients;

  Accumulation(
      LossRows<B> rows, List<Part<B>> parts, RandomState random, RunningStatistics statistics) {
    this.rows = rows;
    this.parts = parts;
    this.random = random;
    this.statistics = statistics;
    this.model = rows.model();
    this.backend = model.backend();
    this.beta = model.config().beta();
    this.weights = List.copyOf(model.parameters().trainable().values());
    this.memory = Scope.detached(backend);
    this.gradients = new GradientSum(backend);
  }

  /** Computes everything; {@link #gradient} then has the gradients. */
  Sum run() {
    var shares = parts.stream().map(part -> rows.share(part.batch(), part.images())).toList();
    var whole = shares.stream().reduce(Losses.Share::plus).orElseThrow();
    var alignment = isAligned() ? alignment() : null;
    double task = 0;
    double klText = 0;
    double klImage = 0;
    int post = 0;
    for (int i = 0; i < parts.size(); i++) {
      var share = shares.get(i);
      try (var scope = Scope.open(backend, Mode.TRAIN, random)) {
        var losses = rows.loss(parts.get(i).batch(), parts.get(i).images());
        var total = losses.within(share, whole, beta);
        NotFinite.checked(total, model.parameters());
        task += losses.task().item() * share.ofTask(whole);
        klText += losses.klText().item() * share.ofTexts(whole);
        klImage += losses.klImage().item() * share.ofImages(whole);
        gradients.add(weights, Tape.gradients(withAlignment(total, losses, alignment, post)));
      }
      post += parts.get(i).rows().length;
    }
    double aligned = alignment == null ? 0 : alignment.loss();
    return new Sum(
        task + beta.alignment() * aligned + beta.text() * klText + beta.image() * klImage,
        task,
        aligned,
        klText,
        klImage);
  }

  /** The gradient for a weight, or null if the loss does not depend on it. */
  @Nullable Tensor gradient(Tensor weight) {
    return gradients.find(weight);
  }

  private boolean isAligned() {
    var config = model.config();
    boolean has = config.alignment().kind() != AlignmentConfig.Kind.NONE && !config.textOnly();
    return has && beta.alignment() != 0;
  }

  /** The alignment of all posts; its own weights get their gradients here. */
  private AlignmentGradient alignment() {
    var before = statistics.save();
    var sameNoise = new RandomState(random.seed(), random.position());
    var texts = new ArrayList<Tensor>();
    var images = new ArrayList<Tensor>();
    for (var part : parts) {
      try (var scope = Scope.open(backend, Mode.TRAIN, sameNoise)) {
        var losses = rows.loss(part.batch(), part.images());
        var aligned = Objects.requireNonNull(losses.aligned());
        texts.add(memory.keep(aligned.text()));
        images.add(memory.keep(aligned.image()));
      }
    }
    statistics.restore(before);
    try (var scope = Scope.open(backend, Mode.TRAIN, random)) {
      var text = leaf(texts);
      var image = leaf(images);
      var loss = model.alignmentLoss(text, image);
      double value = NotFinite.checked(loss, model.parameters());
      var found = Tape.gradients(scale(loss, beta.alignment()));
      gradients.add(weights, found);
      return new AlignmentGradient(
          value, memory.keep(found.of(text)), memory.keep(found.of(image)));
    }
  }

  /** The vectors of all posts as a leaf of their own. */
  private static Tensor leaf(List<Tensor> parts) {
    var all = Layout.concat(0, parts.toArray(new Tensor[0]));
    return Scope.current().parameter(all.shape(), all.toFloats());
  }

  /** Adds Σ vector ⊙ gradient, whose derivative with respect to the vectors is the gradient. */
  private static Tensor withAlignment(
      Tensor total, Losses losses, @Nullable AlignmentGradient alignment, int post) {
    if (alignment == null) {
      return total;
    }
    var aligned = Objects.requireNonNull(losses.aligned());
    return add(
        total,
        add(
            dot(aligned.text(), alignment.text(), post),
            dot(aligned.image(), alignment.image(), post)));
  }

  private static Tensor dot(Tensor vectors, Tensor gradients, int from) {
    int posts = vectors.shape().dim(0);
    return Reduction.sum(mul(vectors, Layout.slice(gradients, 0, from, from + posts)));
  }

  @Override
  public void close() {
    gradients.close();
    memory.close();
  }
}
