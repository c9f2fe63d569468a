package dev.mmib.model;

import dev.mmib.backend.Backend;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.RelationBatch;
import dev.mmib.data.RelationSet;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.nn.Initializer;
import dev.mmib.nn.Linear;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.op.CrossEntropy;
import dev.mmib.op.Layout;
import dev.mmib.op.Lookup;
import dev.mmib.op.Reduction;
import dev.mmib.op.Softmax;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The model that names the relation of two marked entities. */
public final class RelationModel extends MmibModel {

  private final RelationSet relationSet;
  private final Linear head;

  private RelationModel(Parameters at, PostEncoder encoder, RelationSet relationSet) {
    super(at, encoder);
    int hidden = encoder.bert().config().hiddenSize();
    this.relationSet = relationSet;
    this.head =
        Linear.of(at.at("head"), 2 * hidden, relationSet.size(), Initializer.linear(2 * hidden));
  }

  /** A model whose numbers come from {@code weights}. */
  public static RelationModel create(
      Backend backend, MmibConfig config, BertConfig bert, RelationSet relations, Weights weights) {
    if (config.task() != Task.RE) {
      throw new IllegalArgumentException("model: an NER configuration vs an RE model");
    }
    var parameters = new Parameters(backend, weights);
    try {
      return new RelationModel(parameters, PostEncoder.of(parameters, config, bert), relations);
    } catch (RuntimeException | Error e) {
      parameters.close();
      throw e;
    }
  }

  public RelationSet relations() {
    return relationSet;
  }

  @Override
  public List<String> labels() {
    return relationSet.relations();
  }

  /**
   * The loss of a batch, in the caller's scope; the cross-entropy, each row's times its weight if
   * the batch has weights, is summed over the batch.
   *
   * @param images pixels or features; null where no post has a picture, or of a model of text only
   */
  public Losses loss(RelationBatch batch, @Nullable ImageBatch images) {
    return forward(batch, images, encoder().noise()).losses();
  }

  /** What a training step computes, with its intermediate results. */
  record Step(PostEncoder.Encoded encoded, Tensor logits, Losses losses) {}

  Step forward(RelationBatch batch, @Nullable ImageBatch images, Noise.Pair noise) {
    var encoded = encoder().encode(batch.text(), images, noise);
    var logits = logits(batch, encoded.value());
    var targets = Scope.current().ints(Shape.of(batch.text().batch()), batch.relations());
    var rows = CrossEntropy.crossEntropy(logits, targets);
    var task = Reduction.sum(Losses.weighted(rows, batch.weights()));
    return new Step(encoded, logits, encoder().losses(encoded, task));
  }

  /** From the vectors of the two markers, [batch, relations]. */
  private Tensor logits(RelationBatch batch, Tensor encoded) {
    int tokens = batch.text().tokens();
    int hidden = encoded.shape().last();
    var rows = Layout.reshape(encoded, batch.text().batch() * tokens, hidden);
    return head.forward(
        Layout.concat(
            1,
            Lookup.gatherRows(rows, places(batch.headMarkers(), tokens)),
            Lookup.gatherRows(rows, places(batch.tailMarkers(), tokens))));
  }

  private static Tensor places(int[] markers, int tokens) {
    var places = new int[markers.length];
    for (int b = 0; b < markers.length; b++) {
      places[b] = b * tokens + markers[b];
    }
    return Scope.current().ints(Shape.of(places.length), places);
  }

  /** The relation of each text. The batch's own relations are not read. */
  public List<RelationPrediction> decode(RelationBatch batch, @Nullable ImageBatch images) {
    return inference(
        "relations",
        batch.text(),
        images,
        () -> {
          var encoded = encoder().encode(batch.text(), images, encoder().noise());
          var values = Softmax.softmax(logits(batch, encoded.value())).toFloats();
          var results = new ArrayList<RelationPrediction>();
          int relations = relationSet.size();
          for (int b = 0; b < batch.text().batch(); b++) {
            var row = Arrays.copyOfRange(values, b * relations, (b + 1) * relations);
            results.add(new RelationPrediction(largest(row, b), row));
          }
          return results;
        });
  }

  private static int largest(float[] probabilities, int text) {
    int best = 0;
    for (int i = 0; i < probabilities.length; i++) {
      if (!Float.isFinite(probabilities[i])) {
        throw MmibException.of(
            ErrorCode.NOT_FINITE,
            "the model's scores of text " + text + " of the batch are not finite",
            "Its weights are damaged, or training diverged.");
      }
      if (probabilities[i] > probabilities[best]) {
        best = i;
      }
    }
    return best;
  }
}
