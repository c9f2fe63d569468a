package dev.mmib.model;

import static dev.mmib.op.Regularization.dropout;

import dev.mmib.bert.Bert;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.TextBatch;
import dev.mmib.model.VariationalEncoder.Encoding;
import dev.mmib.model.VisualSlots.Slots;
import dev.mmib.nn.Parameters;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the two tasks share: from a text and its pictures to one vector a token.
 *
 * <pre>
 *   T = BERT(text),  V = pictures
 *   zᵀ ~ N(μᵀ(T), exp sᵀ(T)),  zⱽ ~ N(μⱽ(V), exp sⱽ(V))
 *   F = fusion(zᵀ, zⱽ)
 * </pre>
 *
 * @param visual null of a model of text only, like the other parts of the picture branch; F is then
 *     zᵀ
 * @param alignment null without one
 */
record PostEncoder(
    Bert bert,
    VariationalEncoder text,
    @Nullable VisualSlots visual,
    @Nullable VariationalEncoder image,
    @Nullable Alignment alignment,
    @Nullable Fusion fusion,
    MmibConfig config) {

  /**
   * What {@link #encode} gives; what concerns pictures is null of a model of text only.
   *
   * @param bertOutput T, before dropout
   */
  record Encoded(
      Texts texts,
      Tensor bertOutput,
      Encoding text,
      @Nullable Slots slots,
      @Nullable Encoding image,
      Masks masks,
      Fusion.Fused fused) {

    /** F, [batch, tokens, hidden]. */
    Tensor value() {
      return fused.value();
    }
  }

  static PostEncoder of(Parameters at, MmibConfig asked, BertConfig bertConfig) {
    int hidden = bertConfig.hiddenSize();
    var config = asked.fitting(bertConfig);
    var bert = Bert.withIdlePooler(at.at("bert"), bertConfig);
    var text = VariationalEncoder.of(at.at("text_encoder"), hidden, config);
    if (config.textOnly()) {
      return new PostEncoder(bert, text, null, null, null, null, config);
    }
    return new PostEncoder(
        bert,
        text,
        VisualSlots.of(at, hidden, config),
        VariationalEncoder.of(at.at("image_encoder"), hidden, config),
        Alignment.of(at.at("alignment"), hidden, config.alignment()),
        Fusion.of(at.at("fusion"), hidden, config),
        config);
  }

  /** The draws that the configuration asks for. */
  Noise.Pair noise() {
    return config.isReference() && config.task() == Task.RE
        ? Noise.Pair.ALWAYS
        : Noise.Pair.IN_TRAINING;
  }

  /** Encodes posts; without images, each has a picture of zeros. */
  Encoded encode(TextBatch batch, @Nullable ImageBatch images, Noise.Pair noise) {
    if (images != null && images.batch() != batch.batch()) {
      throw new IllegalArgumentException(
          "model: pictures of " + images.batch() + " posts vs texts of " + batch.batch());
    }
    var texts = Texts.of(batch);
    var bertOutput = bert.encode(texts.ids(), texts.types(), texts.mask());
    // The released relation model has no dropout here.
    var t = config.task() == Task.NER ? dropout(bertOutput, config.dropout()) : bertOutput;
    if (visual == null || image == null || fusion == null) {
      var masks = Masks.of(config, texts.mask(), null);
      var z = text.encode(t, masks.textKeys(), masks.textQueries(), noise.text());
      return new Encoded(texts, bertOutput, z, null, null, masks, new Fusion.Fused(z.z(), null));
    }
    var slots = visual.encode(images != null ? images : visual.none(batch.batch()));
    var masks = Masks.of(config, texts.mask(), slots.mask());
    var zText = text.encode(t, masks.textKeys(), masks.textQueries(), noise.text());
    var zImage = image.encode(slots.values(), masks.slotKeys(), null, noise.image());
    var fused = fusion.forward(zText.z(), zImage.z(), masks);
    return new Encoded(texts, bertOutput, zText, slots, zImage, masks, fused);
  }

  /** The task's loss with the regularizers of the batch that gave {@code encoded}. */
  Losses losses(Encoded encoded, Tensor task) {
    var masks = encoded.masks();
    var klText = encoded.text().divergence(masks.textKeys());
    var zero = Scope.current().zeros(Shape.of());
    var image = encoded.image();
    if (image == null) {
      return Losses.of(config.beta(), task, zero, klText, zero, null);
    }
    var klImage = image.divergence(masks.slotKeys());
    var aligned = alignment == null ? null : aligned(encoded, image);
    var alignmentLoss = aligned == null ? zero : alignmentLoss(aligned.text(), aligned.image());
    return Losses.of(config.beta(), task, alignmentLoss, klText, klImage, aligned);
  }

  /** What the losses of a batch are means over; each row counts for one. */
  Losses.Share share(TextBatch batch, @Nullable ImageBatch images) {
    boolean masked = !config.isReference();
    double tokens =
        masked ? Arrays.stream(batch.lengths()).sum() : (double) batch.batch() * batch.tokens();
    double slots = 0;
    if (visual != null) {
      slots = images == null ? batch.batch() : slots(images, masked);
    }
    return new Losses.Share(batch.batch(), config.task() == Task.RE, tokens, slots);
  }

  private static double slots(ImageBatch images, boolean masked) {
    return masked ? VisualSlots.there(images) : (double) images.batch() * images.slots();
  }

  private Losses.Aligned aligned(Encoded encoded, Encoding image) {
    var pooling = config.alignment().pooling();
    return new Losses.Aligned(
        Positions.pool(pooling, encoded.text().z(), encoded.masks().textKeys()),
        Positions.pool(pooling, image.z(), encoded.masks().slotKeys()));
  }

  /** L_ar of texts and pictures, both [batch, hidden]; of a model that aligns. */
  Tensor alignmentLoss(Tensor texts, Tensor images) {
    if (alignment == null) {
      throw new IllegalStateException("alignment: this model has none");
    }
    return alignment.loss(texts, images);
  }

  /** How much each token looks at each slot, averaged over heads: [batch][tokens][slots]. */
  float[][][] slotAttention(Encoded encoded) {
    if (!(fusion instanceof Fusion.Cross cross)) {
      throw new IllegalStateException(
          "slotAttention: this model's tokens look at no pictures: it needs fusion cross");
    }
    var pictures = Objects.requireNonNull(encoded.fused().pictures());
    var found = cross.slotAttention(encoded.text().z(), pictures, encoded.masks());
    int batch = found.shape().dim(0);
    int heads = found.shape().dim(1);
    int tokens = found.shape().dim(2);
    int slots = found.shape().dim(3);
    var values = found.toFloats();
    var mean = new float[batch][tokens][slots];
    for (int i = 0; i < values.length; i++) {
      int slot = i % slots;
      int token = i / slots % tokens;
      int post = i / slots / tokens / heads;
      mean[post][token][slot] += values[i] / heads;
    }
    return mean;
  }
}
