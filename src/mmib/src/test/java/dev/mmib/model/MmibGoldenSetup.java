package dev.mmib.model;

import dev.mmib.backend.Backend;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.Fidelity;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.NerBatch;
import dev.mmib.data.RelationBatch;
import dev.mmib.data.RelationSet;
import dev.mmib.data.TagSet;
import dev.mmib.data.TextBatch;
import dev.mmib.golden.GoldenCase;
import dev.mmib.golden.GoldenFile;
import dev.mmib.golden.GoldenHash;
import dev.mmib.io.JsonObject;
import dev.mmib.model.AlignmentConfig.Kind;
import dev.mmib.model.AlignmentConfig.Pooling;
import dev.mmib.model.AlignmentConfig.Scorer;
import dev.mmib.model.MmibConfig.FusionKind;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** A released model and its batches as a golden case describes them. */
public final class MmibGoldenSetup {

  static final String PICTURES = "vis_encoding.resnet.";

  private final GoldenFile file;
  private final Task task;
  private final String name;
  private final JsonObject json;
  private final JsonObject args;

  public MmibGoldenSetup(GoldenFile file, GoldenCase one) {
    this(file, task(one), one.name(), one.json());
  }

  private MmibGoldenSetup(GoldenFile file, Task task, String name, JsonObject json) {
    this.file = file;
    this.task = task;
    this.name = name;
    this.json = json;
    this.args = json.absent("args") ? new JsonObject() : json.object("args");
  }

  /** A task's model in its standard settings, without inputs. */
  static MmibGoldenSetup standard(GoldenFile file, Task task) {
    return new MmibGoldenSetup(file, task, "", new JsonObject());
  }

  public static Task task(GoldenCase one) {
    return Task.valueOf(one.json().string("task").toUpperCase(Locale.ROOT));
  }

  public MmibConfig config() {
    var pooling =
        switch (args.string("reduction", "other")) {
          case "mean" -> Pooling.MEAN;
          case "sum" -> Pooling.SUM;
          default -> Pooling.FIRST;
        };
    var scorer = Scorer.valueOf(args.string("score_func", "concat").toUpperCase(Locale.ROOT));
    int negatives = args.integer("neg_num", 1);
    return MmibConfig.of(task)
        .with(
            c -> {
              c.fidelity = Fidelity.REFERENCE;
              c.crops = args.integer("m", c.crops);
              c.dropout = args.number("dropout", 0);
              c.attentionHeads = file.json().integer("cross_attention_heads");
              c.fusion =
                  FusionKind.valueOf(args.string("fusion", "cross").toUpperCase(Locale.ROOT));
              c.image = ImageConfig.of("resnet50");
              c.alignment =
                  new AlignmentConfig(Kind.DISCRIMINATOR, scorer, pooling, negatives, 0.07, false);
            });
  }

  public BertConfig bertConfig() {
    var json = file.json().object("bert");
    double dropout = json.number("dropout", 0);
    return BertConfig.fromJson(
            new JsonObject()
                .put("model_type", "bert")
                .put("vocab_size", json.integer("vocab_size"))
                .put("hidden_size", json.integer("hidden_size"))
                .put("num_hidden_layers", json.integer("num_hidden_layers"))
                .put("num_attention_heads", json.integer("num_attention_heads"))
                .put("intermediate_size", json.integer("intermediate_size"))
                .put("max_position_embeddings", json.integer("max_position_embeddings")))
        .withDropout(dropout, dropout);
  }

  public MmibModel model(Backend backend) {
    int labels = file.json().object("num_labels").integer(task.key());
    if (task == Task.NER) {
      return NerModel.create(backend, config(), bertConfig(), tags(labels), weights());
    }
    var names = new ArrayList<>(IntStream.range(1, labels).mapToObj(i -> "r" + i).toList());
    names.add(0, RelationSet.NONE);
    return RelationModel.create(backend, config(), bertConfig(), RelationSet.of(names), weights());
  }

  /** A tag set of that size; only numbers of tags matter here. */
  private static TagSet tags(int labels) {
    var tags = new ArrayList<>(List.of(TagSet.PAD, TagSet.OUTSIDE));
    for (int i = 0; tags.size() < labels - 3; i++) {
      tags.add((i % 2 == 0 ? "B-" : "I-") + "T" + i / 2);
    }
    tags.addAll(List.of(TagSet.CONTINUATION, TagSet.CLS, TagSet.SEP));
    return TagSet.ofTags(tags);
  }

  private Weights weights() {
    var hash = new GoldenHash(file.json().longInteger("weight_seed"));
    var names = ReleasedNames.of(task);
    return (name, shape, fresh) -> {
      var released = names.released(name).orElseThrow();
      if (released.startsWith(PICTURES)) {
        var bare = released.substring(PICTURES.length());
        return hash.uniform(bare, shape, GoldenHash.resnet50Rule(bare, shape.dims()));
      }
      return hash.uniform(released, shape, GoldenHash.mmibRule(released, shape.dims()));
    };
  }

  private TextBatch texts(String prefix) {
    var ids = file.tensor(prefix + "input_ids");
    int batch = ids.dims()[0];
    int tokens = ids.dims()[1];
    var mask = file.tensor(prefix + "attention_mask").ints();
    var lengths = new int[batch];
    for (int i = 0; i < mask.length; i++) {
      lengths[i / tokens] += mask[i];
    }
    var types = file.tensors().get(prefix + "token_type_ids");
    return new TextBatch(
        batch, tokens, ids.ints(), types == null ? new int[mask.length] : types.ints(), lengths);
  }

  NerBatch nerBatch() {
    return nerBatch(name + "/in/");
  }

  RelationBatch relationBatch() {
    return relationBatch(name + "/in/");
  }

  NerBatch nerBatch(String prefix) {
    var tags = file.tensor(prefix + "labels").ints();
    return new NerBatch(texts(prefix), tags, new boolean[tags.length]);
  }

  RelationBatch relationBatch(String prefix) {
    var texts = texts(prefix);
    var markers = file.json().object("marker_ids");
    return new RelationBatch(
        texts,
        places(texts, markers.integer("<s>")),
        places(texts, markers.integer("<o>")),
        file.tensor(prefix + "labels").ints());
  }

  private static int[] places(TextBatch texts, int marker) {
    var places = new int[texts.batch()];
    for (int b = 0; b < places.length; b++) {
      int row = b * texts.tokens();
      places[b] =
          IntStream.range(0, texts.tokens())
              .filter(t -> texts.ids()[row + t] == marker)
              .findFirst()
              .orElseThrow(() -> new AssertionError("no marker " + marker));
    }
    return places;
  }

  /** Pooled features of the posts' pictures. */
  ImageBatch images(float[] pooled, int batch) {
    int slots = config().slots();
    return images(pooled, batch, new int[] {pooled.length / batch / slots});
  }

  /** The case's own pictures: whole ones and crops, by the rule that it states. */
  ImageBatch pixels() {
    var rule =
        Pattern.compile("seed (\\d+) .*uniform\\(([-.\\d]+),([-.\\d]+)\\)")
            .matcher(json.string("images"));
    if (!rule.find()) {
      throw new AssertionError("not understood: " + json.string("images"));
    }
    var hash = new GoldenHash(Long.parseLong(rule.group(1)));
    double lo = Double.parseDouble(rule.group(2));
    double hi = Double.parseDouble(rule.group(3));
    int batch = file.tensor(name + "/in/input_ids").dims()[0];
    int crops = config().crops();
    int side = config().image().size();
    int size = 3 * side * side;
    var whole = hash.uniform(name + "/images", batch * size, lo, hi);
    var rest = hash.uniform(name + "/aux", batch * crops * size, lo, hi);
    var values = new float[whole.length + rest.length];
    for (int b = 0; b < batch; b++) {
      int at = b * (1 + crops) * size;
      System.arraycopy(whole, b * size, values, at, size);
      System.arraycopy(rest, b * crops * size, values, at + size, crops * size);
    }
    return images(values, batch, new int[] {3, side, side});
  }

  ImageBatch images(float[] values, int batch, int[] slotShape) {
    int slots = config().slots();
    var present = new boolean[batch * slots];
    Arrays.fill(present, true);
    return new ImageBatch(batch, slots, slotShape, values, present);
  }

  /** The case's own noise; an entity model that is not trained takes the mean. */
  Noise.Pair noise() {
    if (task == Task.NER && json.string("mode").equals("dev")) {
      return new Noise.Pair((mu, s) -> mu, (mu, s) -> mu);
    }
    return noise(
        file.tensor(name + "/in/eps_txt").floats(), file.tensor(name + "/in/eps_img").floats());
  }

  static Noise.Pair noise(float[] text, float[] image) {
    return new Noise.Pair(given(text), given(image));
  }

  private static Noise given(float[] eps) {
    return (mu, s) -> dev.mmib.op.Noise.reparameterize(mu, s, Scope.current().of(mu.shape(), eps));
  }

  /** The part of a matrix that {@code [a:b, c:d]} names, with open ends as in Python. */
  static float[] slice(Tensor matrix, String slice) {
    var m = Pattern.compile("\\[(\\d*):(\\d*), *(\\d*):(\\d*)]").matcher(slice);
    if (!m.matches() || matrix.shape().rank() != 2) {
      throw new AssertionError("not understood: " + slice);
    }
    int cols = matrix.shape().dim(1);
    int top = bound(m.group(1), 0);
    int bottom = bound(m.group(2), matrix.shape().dim(0));
    int left = bound(m.group(3), 0);
    int right = bound(m.group(4), cols);
    var all = matrix.toFloats();
    var part = new float[(bottom - top) * (right - left)];
    for (int i = 0; i < part.length; i++) {
      int row = top + i / (right - left);
      part[i] = all[row * cols + left + i % (right - left)];
    }
    return part;
  }

  private static int bound(String text, int otherwise) {
    return text.isEmpty() ? otherwise : Integer.parseInt(text);
  }
}
