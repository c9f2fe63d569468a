package dev.mmib.cuda.bench;

import dev.mmib.backend.Precision;
import dev.mmib.bert.BertConfig;
import dev.mmib.cuda.CudaBackend;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.NerBatch;
import dev.mmib.data.TagSet;
import dev.mmib.data.TextBatch;
import dev.mmib.model.Emissions;
import dev.mmib.model.ImageConfig;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.NerModel;
import dev.mmib.model.Task;
import dev.mmib.nn.Values;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.train.AdamW;
import dev.mmib.train.GradientClip;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/** A whole MMIB model of bert-base's size that trains and infers, its pictures as features. */
record ModelBenchmark(boolean quick, PrintStream out) {

  private static final int TAGS = 13;
  private static final int FEATURES = 2048;

  /** A batch of posts, none padded. */
  private record Posts(NerBatch texts, ImageBatch images) {

    static Posts of(int batch, int tokens, int words, int slots) {
      var random = new Random(batch);
      var ids = random.ints((long) batch * tokens, 1, words).toArray();
      var tags = random.ints((long) batch * tokens, 0, TAGS).toArray();
      var lengths = new int[batch];
      Arrays.fill(lengths, tokens);
      var features = new float[batch * slots * FEATURES];
      for (int i = 0; i < features.length; i++) {
        features[i] = random.nextFloat();
      }
      var present = new boolean[batch * slots];
      Arrays.fill(present, true);
      return new Posts(
          new NerBatch(
              new TextBatch(batch, tokens, ids, new int[ids.length], lengths),
              tags,
              new boolean[tags.length]),
          new ImageBatch(batch, slots, new int[] {FEATURES}, features, present));
    }

    String shape() {
      return texts.text().batch() + "x" + texts.text().tokens();
    }
  }

  private BertConfig bert() {
    return quick ? BertConfig.of(100, 24, 2, 2, 48) : BertConfig.of(30_522, 768, 12, 12, 3072);
  }

  private static MmibConfig config() {
    return MmibConfig.of(Task.NER).with(c -> c.image = ImageConfig.of("resnet50"));
  }

  void run() {
    var drawn = new HashMap<String, Values>();
    for (var precision : List.of(Precision.BF16, Precision.TF32, Precision.FP32)) {
      for (boolean graphs : new boolean[] {false, true}) {
        measure(precision, graphs, drawn);
      }
    }
  }

  private void measure(Precision precision, boolean graphs, Map<String, Values> drawn) {
    var fresh = Weights.random(1);
    // Drawn once, for all the models.
    Weights weights =
        (name, shape, initializer) ->
            drawn.computeIfAbsent(
                name, n -> Values.of(shape, fresh.values(name, shape, initializer).toArray()));
    try (var device = Measuring.open(precision, graphs);
        var model = NerModel.create(device, config(), bert(), TagSet.twitter(), weights);
        var optimizer = optimizer(model)) {
      if (model.tags().size() != TAGS) {
        throw new IllegalStateException("benchmark: " + model.tags().size() + " tags vs " + TAGS);
      }
      var random = new RandomState(1, 0);
      for (int batch : quick ? List.of(2) : List.of(8, 32)) {
        int words = model.bertConfig().vocabularySize();
        var posts = Posts.of(batch, quick ? 9 : 128, words, model.config().slots());
        var name = precision.name().toLowerCase(Locale.ROOT);
        var mode = graphs ? "graphs" : "launches";
        print(
            "training step",
            posts,
            name,
            mode,
            () -> train(device, model, optimizer, random, posts));
        print(
            "inference",
            posts,
            name,
            mode,
            () -> Emissions.of(model, posts.texts(), posts.images()));
        print("tagging", posts, name, mode, () -> model.decode(posts.texts(), posts.images()));
      }
    }
  }

  private static AdamW optimizer(NerModel model) {
    var optimizer = new AdamW(model.backend(), AdamW.Options.adamW());
    model
        .parameters()
        .trainable()
        .forEach(
            (name, tensor) ->
                optimizer.add(
                    name, tensor, new AdamW.Group(1e-6, tensor.shape().rank() > 1 ? 0.01 : 0)));
    return optimizer;
  }

  /** A step as the trainer makes it. */
  private static void train(
      CudaBackend device, NerModel model, AdamW optimizer, RandomState random, Posts posts) {
    if (optimizer.states().isEmpty()) { // this step makes its moments, and they outlive it
      learn(device, model, optimizer, random, posts);
    } else {
      device.repeat(
          "step of " + posts.shape(),
          random.position(),
          () -> learn(device, model, optimizer, random, posts));
    }
  }

  private static double learn(
      CudaBackend device, NerModel model, AdamW optimizer, RandomState random, Posts posts) {
    try (var scope = Scope.open(device, Mode.TRAIN, random)) {
      var losses = model.loss(posts.texts(), posts.images());
      double loss = losses.total().item();
      var gradients = Tape.gradients(losses.total());
      double norm = GradientClip.norm(device, optimizer.gradients(gradients::find));
      if (!Double.isFinite(loss + norm)) {
        throw new IllegalStateException("benchmark: loss " + loss + ", norm " + norm);
      }
      optimizer.step(gradients::find, 1, new GradientClip(1).factor(norm));
      return loss;
    }
  }

  /** Every call ends with numbers on the host, so each is timed by itself. */
  private void print(String what, Posts posts, String precision, String mode, Runnable call) {
    for (int i = 0; i < (quick ? 4 : 6); i++) {
      call.run();
    }
    var times = new double[quick ? 2 : 15];
    for (int i = 0; i < times.length; i++) {
      long start = System.nanoTime();
      call.run();
      times[i] = (System.nanoTime() - start) / 1e3;
    }
    var t = Stopwatch.of(times);
    var result =
        new Result("mmib", what, posts.shape(), precision, mode, t.median(), t.low(), t.high(), 0);
    out.println(result.toJson());
    out.flush();
  }
}
