package dev.mmib.model;

import dev.mmib.backend.Backend;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.TextBatch;
import dev.mmib.nn.Parameters;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A model of either task: its settings, its weights and what it can say of pictures.
 *
 * <p>Nothing in it changes in inference, which opens scopes of its own; so many threads may use it,
 * one at a time on its device. Training runs in the caller's scope.
 */
public abstract sealed class MmibModel implements AutoCloseable permits NerModel, RelationModel {

  private final Parameters parameters;
  private final PostEncoder encoder;

  MmibModel(Parameters parameters, PostEncoder encoder) {
    this.parameters = parameters;
    this.encoder = encoder;
  }

  final PostEncoder encoder() {
    return encoder;
  }

  /** The labels by index: tags of an NER model, relations of an RE model. */
  public abstract List<String> labels();

  public final Parameters parameters() {
    return parameters;
  }

  public final MmibConfig config() {
    return encoder.config();
  }

  public final BertConfig bertConfig() {
    return encoder.bert().config();
  }

  public final Backend backend() {
    return parameters.backend();
  }

  /**
   * Whether pictures have the same features in every step, so that {@link #imageFeatures} may be
   * computed once and given in place of pixels.
   */
  public final boolean hasConstantImageFeatures() {
    var visual = encoder.visual();
    return visual != null && visual.hasConstantFeatures();
  }

  /**
   * The features of pictures, [batch · slots · features]: of zeros where a whole picture is absent,
   * and 0 where a crop is.
   */
  public final float[] imageFeatures(ImageBatch pixels) {
    var visual = encoder.visual();
    if (visual == null) {
      throw new IllegalStateException("imageFeatures: a model of text only has none");
    }
    return inference(
        "features",
        BatchShape.ofPictures(pixels),
        () -> visual.encode(pixels).features().toFloats());
  }

  /** The shape of posts in training. */
  public final BatchShape shape(TextBatch texts, @Nullable ImageBatch images) {
    return BatchShape.of(texts, images, bertConfig().padId());
  }

  /** What is computed of a shape, over and over. */
  private record Repeated(String what, MmibModel model, long seed, BatchShape shape) {}

  /** Computes something of posts in an INFER scope; a device may record it. */
  final <T> T inference(
      String what, TextBatch texts, @Nullable ImageBatch images, Supplier<T> computation) {
    return inference(what, BatchShape.of(texts, images, -1), computation);
  }

  private <T> T inference(String what, BatchShape shape, Supplier<T> computation) {
    try (var outer = Scope.open(backend(), Mode.INFER)) {
      var random = outer.random();
      return backend()
          .repeat(
              new Repeated(what, this, random.seed(), shape),
              random.position(),
              () -> {
                try (var scope = Scope.open(backend(), Mode.INFER)) {
                  return computation.get();
                }
              });
    }
  }

  /** What the losses of a batch are means over; each row counts for one. */
  public final Losses.Share share(TextBatch texts, @Nullable ImageBatch images) {
    return encoder.share(texts, images);
  }

  /**
   * The alignment regularizer of texts and pictures, both [batch, hidden], in the caller's scope;
   * of a model that has one. What {@link Losses#aligned} holds of several batches, put together,
   * gives the value that one large batch would have.
   */
  public final Tensor alignmentLoss(Tensor texts, Tensor images) {
    return encoder.alignmentLoss(texts, images);
  }

  /**
   * How much each token looks at each picture, averaged over heads: [post][token][slot]; a row of
   * slots sums to 1. Of models whose fusion is {@code cross}.
   */
  public final float[][][] slotAttention(TextBatch texts, ImageBatch images) {
    return inference(
        "slot attention",
        texts,
        images,
        () -> encoder.slotAttention(encoder.encode(texts, images, encoder.noise())));
  }

  /** Whether {@link #slotAttention} can say anything. */
  public final boolean hasSlotAttention() {
    return encoder.fusion() instanceof Fusion.Cross;
  }

  /** Frees the weights. */
  @Override
  public final void close() {
    parameters.close();
  }
}
