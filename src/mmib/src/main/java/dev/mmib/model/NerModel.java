package dev.mmib.model;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.scale;

import dev.mmib.backend.Backend;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.NerBatch;
import dev.mmib.data.TagSet;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.nn.Initializer;
import dev.mmib.nn.Linear;
import dev.mmib.nn.LinearChainCrf;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.op.Reduction;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The model that finds entities: a tag for every word piece by a linear-chain CRF. */
public final class NerModel extends MmibModel {

  // Less than any score of a tagging, and far from where doubles lose the rest of it.
  private static final float FORBIDDEN = -1e6f;

  private final TagSet tagSet;
  private final Linear head;
  private final LinearChainCrf crf;

  private NerModel(Parameters at, PostEncoder encoder, TagSet tagSet) {
    super(at, encoder);
    int hidden = encoder.bert().config().hiddenSize();
    this.tagSet = tagSet;
    this.head = Linear.of(at.at("head"), hidden, tagSet.size(), Initializer.linear(hidden));
    this.crf = LinearChainCrf.of(at.at("crf"), tagSet.size());
  }

  /** A model whose numbers come from {@code weights}. */
  public static NerModel create(
      Backend backend, MmibConfig config, BertConfig bert, TagSet tags, Weights weights) {
    if (config.task() != Task.NER) {
      throw new IllegalArgumentException("model: an RE configuration vs an NER model");
    }
    var parameters = new Parameters(backend, weights);
    try {
      return new NerModel(parameters, PostEncoder.of(parameters, config, bert), tags);
    } catch (RuntimeException | Error e) {
      parameters.close();
      throw e;
    }
  }

  public TagSet tags() {
    return tagSet;
  }

  @Override
  public List<String> labels() {
    return tagSet.tags();
  }

  /**
   * The loss of a batch, in the caller's scope: the mean of −w·log p(tags) over its sentences, with
   * w = 1 unless the batch has weights.
   *
   * @param images pixels or features; null where no post has a picture, or of a model of text only
   */
  public Losses loss(NerBatch batch, @Nullable ImageBatch images) {
    return forward(batch, images, encoder().noise()).losses();
  }

  /** What a training step computes, with its intermediate results. */
  record Step(PostEncoder.Encoded encoded, Tensor emissions, Losses losses) {}

  Step forward(NerBatch batch, @Nullable ImageBatch images, Noise.Pair noise) {
    var encoded = encoder().encode(batch.text(), images, noise);
    var emissions = head.forward(encoded.value());
    var shape = Shape.of(batch.text().batch(), batch.text().tokens());
    var tags = Scope.current().ints(shape, batch.tags());
    var likelihood = crf.logLikelihood(emissions, encoded.texts().lengths(), tags);
    var task = scale(Reduction.mean(Losses.weighted(likelihood, batch.weights())), -1);
    return new Step(encoded, emissions, encoder().losses(encoded, task));
  }

  /**
   * The best tags of each text and the entities in them. Corrected, a word's first piece cannot be
   * PAD, X, [CLS] or [SEP]. The batch's own tags are not read.
   */
  public List<NerPrediction> decode(NerBatch batch, @Nullable ImageBatch images) {
    return inference(
        "tags", batch.text(), images, () -> predictions(batch, images, encoder().noise()));
  }

  List<NerPrediction> decode(NerBatch batch, @Nullable ImageBatch images, Noise.Pair noise) {
    try (var scope = Scope.open(backend(), Mode.INFER)) {
      return predictions(batch, images, noise);
    }
  }

  private List<NerPrediction> predictions(
      NerBatch batch, @Nullable ImageBatch images, Noise.Pair noise) {
    return read(
        batch,
        encoder().encode(batch.text(), images, noise),
        (text, tags, words, chain) -> prediction(tags, words, chain));
  }

  /** As {@link #decode}, and how probable the batch's own tags are. */
  public List<NerAssessment> assess(NerBatch batch, @Nullable ImageBatch images) {
    return inference(
        "assessed tags",
        batch.text(),
        images,
        () ->
            read(
                batch,
                encoder().encode(batch.text(), images, encoder().noise()),
                (text, tags, words, chain) -> assessment(batch, text, tags, words, chain)));
  }

  private NerAssessment assessment(
      NerBatch batch, int text, int[] tags, int[] words, TagChain chain) {
    int row = text * batch.text().tokens();
    var gold = Arrays.copyOfRange(batch.tags(), row, row + tags.length);
    double logGold =
        chain.logProbability(
            0,
            tags.length - 1,
            (place, tag) -> !batch.firstPiece()[row + place] || tag == gold[place]);
    return new NerAssessment(
        prediction(tags, words, chain), logGold, new EntityReader(tagSet).read(gold, words, chain));
  }

  private NerPrediction prediction(int[] tags, int[] words, TagChain chain) {
    return new NerPrediction(tags, new EntityReader(tagSet).read(tags, words, chain));
  }

  /** Makes something of one text's best tags, its words' first pieces and all its taggings. */
  @FunctionalInterface
  private interface Reading<T> {
    T of(int text, int[] tags, int[] words, TagChain chain);
  }

  private <T> List<T> read(NerBatch batch, PostEncoder.Encoded encoded, Reading<T> reading) {
    var emissions = head.forward(encoded.value());
    var values = emissions.toFloats();
    var text = batch.text();
    requireFinite(values, text.tokens(), text.lengths());
    var transitions = finite(crf.transitions());
    var start = finite(crf.start());
    var end = finite(crf.end());
    var penalized = add(emissions, forbidden(batch));
    var paths = crf.best(penalized, encoded.texts().lengths(), 1).paths().toInts();
    var results = new ArrayList<T>();
    for (int b = 0; b < text.batch(); b++) {
      int row = b * text.tokens();
      int length = text.lengths()[b];
      var tags = Arrays.copyOfRange(paths, row, row + length);
      var rows = Arrays.copyOfRange(values, row * tagSet.size(), (row + length) * tagSet.size());
      var chain =
          new TagChain(
              rows, transitions, start, end, (place, tag) -> isAllowed(batch, row + place, tag));
      int[] words = IntStream.range(0, length).filter(i -> batch.firstPiece()[row + i]).toArray();
      results.add(reading.of(b, tags, words, chain));
    }
    return results;
  }

  private boolean isAllowed(NerBatch batch, int position, int tag) {
    return config().isReference() || !batch.firstPiece()[position] || !tagSet.isSpecial(tag);
  }

  /** What is added to emissions so that no tagging uses a tag that is not allowed. */
  private Tensor forbidden(NerBatch batch) {
    int tags = tagSet.size();
    var penalties = new float[batch.tags().length * tags];
    for (int i = 0; i < penalties.length; i++) {
      penalties[i] = isAllowed(batch, i / tags, i % tags) ? 0 : FORBIDDEN;
    }
    var shape = Shape.of(batch.text().batch(), batch.text().tokens(), tags);
    return Scope.current().of(shape, penalties);
  }

  private static float[] finite(Tensor weights) {
    var values = weights.toFloats();
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw notFinite("the weights of the model's tag transitions");
      }
    }
    return values;
  }

  private void requireFinite(float[] emissions, int tokens, int[] lengths) {
    for (int b = 0; b < lengths.length; b++) {
      int row = b * tokens * tagSet.size();
      for (int i = 0; i < lengths[b] * tagSet.size(); i++) {
        if (!Float.isFinite(emissions[row + i])) {
          throw notFinite("the model's scores of text " + b + " of the batch");
        }
      }
    }
  }

  private static MmibException notFinite(String what) {
    return MmibException.of(
        ErrorCode.NOT_FINITE,
        what + " are not finite",
        "Its weights are damaged, or training diverged.");
  }
}
