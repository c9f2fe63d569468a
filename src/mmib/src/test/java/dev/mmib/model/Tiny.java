package dev.mmib.model;

import dev.mmib.backend.Backend;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.NerBatch;
import dev.mmib.data.RelationBatch;
import dev.mmib.data.RelationSet;
import dev.mmib.data.TagSet;
import dev.mmib.data.TextBatch;
import dev.mmib.nn.Weights;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Models and batches that are small enough for a test. */
final class Tiny {

  static final BertConfig BERT = BertConfig.of(40, 24, 2, 4, 32);
  static final RelationSet RELATIONS = RelationSet.of(List.of("None", "peer", "member_of"));

  private static final int[] LENGTHS = {9, 6, 4};
  private static final int TOKENS = 9;
  private static final int SIDE = 32;

  private Tiny() {}

  static MmibConfig config(Task task) {
    return MmibConfig.of(task)
        .with(
            c -> {
              c.crops = 2;
              c.image = new ImageConfig("tiny", false, SIDE, SIDE);
            });
  }

  static NerModel ner(Backend backend, MmibConfig config) {
    return NerModel.create(backend, config, BERT, TagSet.twitter(), Weights.random(5));
  }

  static RelationModel relations(Backend backend, MmibConfig config) {
    return RelationModel.create(backend, config, BERT, RELATIONS, Weights.random(5));
  }

  /** A model of the configuration's task. */
  static MmibModel model(Backend backend, MmibConfig config) {
    return config.task() == Task.NER ? ner(backend, config) : relations(backend, config);
  }

  static TextBatch texts() {
    var random = new Random(1);
    var ids = new int[LENGTHS.length * TOKENS];
    for (int b = 0; b < LENGTHS.length; b++) {
      for (int t = 0; t < LENGTHS[b]; t++) {
        ids[b * TOKENS + t] = 1 + random.nextInt(BERT.vocabularySize() - 1);
      }
    }
    return new TextBatch(LENGTHS.length, TOKENS, ids, new int[ids.length], LENGTHS.clone());
  }

  /** [CLS], words of one or two pieces, [SEP]. */
  static NerBatch nerBatch() {
    var text = texts();
    var set = TagSet.twitter();
    var tags = new int[text.ids().length];
    var first = new boolean[tags.length];
    for (int b = 0; b < text.batch(); b++) {
      int row = b * TOKENS;
      int last = text.lengths()[b] - 1;
      for (int t = 1; t < last; t++) {
        first[row + t] = t % 3 != 0;
        tags[row + t] = first[row + t] ? 1 + (t + b) % 9 : set.continuation();
      }
      tags[row] = set.cls();
      tags[row + last] = set.sep();
    }
    return new NerBatch(text, tags, first);
  }

  static RelationBatch relationBatch() {
    return new RelationBatch(
        texts(), new int[] {1, 2, 1}, new int[] {5, 4, 2}, new int[] {1, 0, 2});
  }

  /** Pixels of three posts with two crops each, of which one is absent. */
  static ImageBatch images() {
    var random = new Random(2);
    int slots = 3;
    int size = 3 * SIDE * SIDE;
    var values = new float[LENGTHS.length * slots * size];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    var present = new boolean[LENGTHS.length * slots];
    Arrays.fill(present, true);
    int absent = 4;
    present[absent] = false;
    Arrays.fill(values, absent * size, (absent + 1) * size, 0);
    return new ImageBatch(LENGTHS.length, slots, new int[] {3, SIDE, SIDE}, values, present);
  }

  /** The loss of the batch above, in the current scope. */
  static Losses loss(MmibModel model) {
    return loss(model, null);
  }

  /** The same with a weight for each row. */
  static Losses loss(MmibModel model, float @Nullable [] weights) {
    var images = model.config().textOnly() ? null : images();
    return model instanceof NerModel ner
        ? ner.loss(nerBatch().withWeights(weights), images)
        : ((RelationModel) model).loss(relationBatch().withWeights(weights), images);
  }
}
