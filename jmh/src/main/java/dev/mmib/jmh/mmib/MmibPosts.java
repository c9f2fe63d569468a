package dev.mmib.jmh.mmib;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.data.EncodedNer;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.NerBatch;
import dev.mmib.data.NerEncoder;
import dev.mmib.data.TagSet;
import dev.mmib.data.Words;
import dev.mmib.jmh.BertBase;
import dev.mmib.jmh.MadePosts;
import dev.mmib.model.ImageConfig;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.NerModel;
import dev.mmib.model.Task;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.text.BertTokenizer;
import dev.mmib.train.AdamW;
import dev.mmib.train.GradientClip;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;

/**
 * A model of the size of bert-base and ResNet-50 with random weights, its optimizer, and a batch of
 * 8 made posts with 5 pictures each.
 */
final class MmibPosts implements AutoCloseable {

  private static final int POSTS = 8;

  private final Backend backend;
  private final NerModel model;
  private final NerBatch batch;
  private final RandomState random = new RandomState(1, 0);
  private final AdamW optimizer;
  private final ImageBatch pixels;
  private final ImageBatch features;

  MmibPosts(Device device) {
    backend = device.open();
    var tokenizer = MadeModel.tokenizer();
    var bert = BertBase.CONFIG.withVocabularySize(tokenizer.size());
    model = NerModel.create(backend, config(), bert, TagSet.twitter(), Weights.random(1));
    batch = batch(tokenizer, model.config());
    optimizer = new AdamW(backend, AdamW.Options.adamW());
    model
        .parameters()
        .trainable()
        .forEach((name, tensor) -> optimizer.add(name, tensor, new AdamW.Group(3e-5, 0.01)));
    int slots = model.config().slots();
    int side = model.config().image().size();
    pixels = pictures(slots, 3, side, side);
    features = pictures(slots, model.config().image().network().features());
  }

  static MmibConfig config() {
    return MmibConfig.of(Task.NER).with(draft -> draft.image = ImageConfig.of("resnet50"));
  }

  private static NerBatch batch(BertTokenizer tokenizer, MmibConfig config) {
    var encoder =
        new NerEncoder(tokenizer, TagSet.twitter(), config.fidelity(), config.maxLength());
    var rows = new ArrayList<EncodedNer>();
    for (var text : MadePosts.texts(POSTS)) {
      rows.add(encoder.encode(Words.of(text).words()));
    }
    return NerBatch.of(rows, tokenizer.padId());
  }

  private static ImageBatch pictures(int slots, int... shape) {
    int size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    var random = new Random(2);
    var values = new float[POSTS * slots * size];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    var present = new boolean[POSTS * slots];
    Arrays.fill(present, true);
    return new ImageBatch(POSTS, slots, shape, values, present);
  }

  /** A training step as the trainer makes it, on features that are there; its loss. */
  double step() {
    try (var scope = Scope.open(backend, Mode.TRAIN, random)) {
      var losses = model.loss(batch, features);
      double loss = losses.total().item();
      var gradients = Tape.gradients(losses.total());
      double norm = GradientClip.norm(backend, optimizer.gradients(gradients::find));
      optimizer.step(gradients::find, 1, Math.min(1, 1 / norm));
      return loss;
    }
  }

  /** The features of all pictures, one after the other as the trainer computes them. */
  float[] pictureFeatures() {
    int size = pixels.slotSize();
    int length = features.slotSize();
    int count = pixels.batch() * pixels.slots();
    var all = new float[count * length];
    for (int i = 0; i < count; i++) {
      var one = Arrays.copyOfRange(pixels.values(), i * size, (i + 1) * size);
      var alone = new ImageBatch(1, 1, pixels.slotShape(), one, new boolean[] {true});
      System.arraycopy(model.imageFeatures(alone), 0, all, i * length, length);
    }
    return all;
  }

  Backend backend() {
    return backend;
  }

  @Override
  public void close() {
    optimizer.close();
    model.close();
    backend.close();
  }
}
