package dev.mmib.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.convert.Conversion.Kind;
import dev.mmib.data.Fidelity;
import dev.mmib.data.RelationSet;
import dev.mmib.data.Span;
import dev.mmib.data.TagSet;
import dev.mmib.golden.Backends;
import dev.mmib.golden.Golden;
import dev.mmib.golden.GoldenCase;
import dev.mmib.golden.GoldenFile;
import dev.mmib.io.ModelDirectory;
import dev.mmib.io.StoredWeights;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.MmibGoldenSetup;
import dev.mmib.model.MmibGoldenTest;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerModel;
import dev.mmib.model.RelationModel;
import dev.mmib.model.Task;
import dev.mmib.nn.Values;
import dev.mmib.predict.Extractor;
import dev.mmib.predict.Post;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Released models: their checkpoints, converted, give the released code's numbers. */
class ReleasedModelGoldenTest {

  private static final List<Post> POSTS =
      List.of(Post.of("Kevin Durant enters Oracle Arena"), Post.of("w12 w13 kevin w14"));

  @Test
  void givesTheReleasedLossesGradientsAndTags(@TempDir Path dir) {
    Golden.require("mmib");
    var file = GoldenFile.load("mmib/expected");
    var backend = Backends.present().get(0);
    for (var one : file.cases()) {
      if (!one.json().bool("trajectory", false)) {
        check(backend, dir.resolve(one.name()), file, one);
      }
    }
  }

  private static void check(Backend backend, Path dir, GoldenFile file, GoldenCase one) {
    var setup = new MmibGoldenSetup(file, one);
    ModelDirectory converted;
    try (var model = setup.model(backend)) {
      converted = converted(dir, model);
    }
    var wanted = setup.config();
    var config = converted.config();
    assertEquals(Fidelity.REFERENCE, config.fidelity());
    assertEquals(wanted.fusion(), config.fusion());
    assertEquals(wanted.alignment().scorer(), config.alignment().scorer());
    assertEquals(wanted.attentionHeads(), config.attentionHeads());
    assertEquals("resnet50", config.image().encoder());
    // What no weight tells, and only training needs.
    var trained =
        config.with(
            c -> {
              c.dropout = wanted.dropout();
              c.crops = wanted.crops();
              c.alignment = wanted.alignment();
            });
    try (var stored = StoredWeights.open(converted.path().resolve(ModelDirectory.WEIGHTS));
        var model = model(backend, converted, trained, stored)) {
      MmibGoldenTest.check(model, file, one);
      assertTrue(stored.unread().isEmpty(), "tensors of no use: " + stored.unread());
    }
  }

  private static MmibModel model(
      Backend backend, ModelDirectory converted, MmibConfig config, StoredWeights stored) {
    var bert = converted.bertConfig();
    return config.task() == Task.NER
        ? NerModel.create(backend, config, bert, TagSet.ofTags(converted.labels()), stored.all())
        : RelationModel.create(
            backend, config, bert, RelationSet.of(converted.labels()), stored.all());
  }

  private static ModelDirectory converted(Path dir, MmibModel model) {
    var beside = ReleasedCheckpoint.textEncoder(dir.resolve("released"), model);
    var checkpoint = ReleasedCheckpoint.write(beside, ReleasedCheckpoint.tensors(model));
    if (model.config().task() == Task.RE) {
      ReleasedCheckpoint.relations(beside, model.labels());
    }
    var out = dir.resolve("model");
    var done = Converter.convert(checkpoint, out, ConvertOptions.STANDARD);
    assertEquals(Kind.MODEL, done.kind());
    assertEquals(model.config().task(), done.task());
    assertEquals(model.parameters().all().size(), done.tensors());
    return ModelDirectory.open(out);
  }

  @Test
  void extractsWhatTheModelItselfDoes(@TempDir Path dir) {
    Golden.require("mmib");
    var file = GoldenFile.load("mmib/expected");
    var backend = Backends.present().get(0);
    for (var name : List.of("ner_dev", "re_train")) {
      var one = file.cases().stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
      var place = dir.resolve(name);
      ModelDirectory converted;
      try (var model = new MmibGoldenSetup(file, one).model(backend)) {
        converted = converted(place, model);
        var same = model(backend, converted, model);
        ModelDirectory.save(place.resolve("direct"), same, converted.tokenizer());
        same.close();
      }
      assertEquals(
          extracted(place.resolve("direct")).toString(), extracted(converted.path()).toString());
    }
  }

  /** The same weights with the labels that entities are read from. */
  private static MmibModel model(Backend backend, ModelDirectory converted, MmibModel model) {
    return converted.create(
        backend,
        (name, shape, fresh) -> {
          var values = new float[shape.size()];
          backend.download(model.parameters().tensor(name).buffer(), 0, values, 0, values.length);
          return Values.of(shape, values);
        });
  }

  /** The fastest there is: what the devices compute is compared elsewhere. */
  private static String device() {
    var names = Backends.present().stream().map(Backend::name).toList();
    return names.contains("cpu") ? "cpu" : names.get(0);
  }

  private static Object extracted(Path model) {
    var directory = ModelDirectory.open(model);
    boolean ner = directory.config().task() == Task.NER;
    try (var extractor = Extractor.load(model, Device.of(device()))) {
      var posts = ner ? POSTS : List.of(POSTS.get(0).withPair(new Span(0, 12), new Span(20, 32)));
      var found = extractor.extract(posts);
      assertFalse(found.isEmpty());
      return found;
    }
  }
}
