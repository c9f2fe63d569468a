package dev.mmib.predict;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.RelationEncoder;
import dev.mmib.data.RelationSet;
import dev.mmib.data.TagSet;
import dev.mmib.image.RgbImage;
import dev.mmib.io.ModelDirectory;
import dev.mmib.model.ImageConfig;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerModel;
import dev.mmib.model.RelationModel;
import dev.mmib.model.Task;
import dev.mmib.nn.Values;
import dev.mmib.nn.Weights;
import dev.mmib.text.BertTokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** Directories of small models with random weights, and posts for them. */
final class TinyModels {

  private static final int SIDE = 32;
  private static final List<String> WORDS =
      List.of("kevin", "durant", "enters", "oracle", "arena", "in", "oak", "##land", "!", "the");

  private TinyModels() {}

  private static MmibConfig config(Task task, Consumer<MmibConfig.Draft> change) {
    return MmibConfig.of(task)
        .with(
            c -> {
              c.crops = 2;
              c.maxLength = 24;
              c.image = new ImageConfig("tiny", false, SIDE, SIDE);
              change.accept(c);
            });
  }

  private static BertTokenizer tokenizer(Task task) {
    var tokens = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    tokens.addAll(WORDS);
    if (task == Task.RE) {
      tokens.addAll(RelationEncoder.MARKERS);
    }
    return BertTokenizer.of(tokens, BertTokenizer.Options.uncased());
  }

  /** Saves a model of random weights. */
  static Path save(Path directory, Task task, long seed) {
    return save(directory, task, seed, c -> {});
  }

  /** The same with some settings changed. */
  static Path save(Path directory, Task task, long seed, Consumer<MmibConfig.Draft> change) {
    var tokenizer = tokenizer(task);
    var bert = BertConfig.of(tokenizer.size(), 24, 1, 4, 32);
    try (var backend = new JavaBackend(1);
        var model = model(backend, config(task, change), bert, seed)) {
      ModelDirectory.save(directory, model, tokenizer);
    }
    return directory;
  }

  private static MmibModel model(Backend backend, MmibConfig config, BertConfig bert, long seed) {
    // Larger than usual weights, so that different posts give clearly different scores.
    Weights weights =
        (name, shape, fresh) -> {
          var values = fresh.values(seed, name, shape).toArray();
          for (int i = 0; i < values.length; i++) {
            values[i] *= name.contains("weight") && shape.rank() == 2 ? 3 : 1;
          }
          return Values.of(shape, values);
        };
    return config.task() == Task.NER
        ? NerModel.create(backend, config, bert, TagSet.twitter(), weights)
        : RelationModel.create(
            backend,
            config,
            bert,
            RelationSet.of(List.of("None", "/per/loc/place", "/per/per/peer")),
            weights);
  }

  static RgbImage picture(long seed) {
    var bytes = new byte[3 * 40 * 50];
    new Random(seed).nextBytes(bytes);
    return new RgbImage(40, 50, bytes);
  }

  /** Posts of different lengths, some with crops. */
  static List<Post> posts(int count) {
    var random = new Random(7);
    var posts = new ArrayList<Post>();
    for (int i = 0; i < count; i++) {
      var words = new ArrayList<String>();
      for (int w = 0; w < 3 + i % 7; w++) {
        words.add(WORDS.get(random.nextInt(WORDS.size())).replace("#", ""));
      }
      var post = Post.of(String.join(" ", words), picture(i)).withId("post-" + i);
      posts.add(i % 3 == 0 ? post.withCrops(List.of(Picture.of(picture(100 + i)))) : post);
    }
    return posts;
  }
}
