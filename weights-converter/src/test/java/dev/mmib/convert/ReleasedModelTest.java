package dev.mmib.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.bert.BertConfig;
import dev.mmib.convert.Conversion.Kind;
import dev.mmib.data.Fidelity;
import dev.mmib.data.RelationEncoder;
import dev.mmib.data.RelationSet;
import dev.mmib.data.TagSet;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.ModelDirectory;
import dev.mmib.io.TensorSource;
import dev.mmib.io.TensorType;
import dev.mmib.model.AlignmentConfig.Scorer;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.MmibConfig.FusionKind;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerModel;
import dev.mmib.model.RelationModel;
import dev.mmib.model.Task;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is told of a released checkpoint by its weights, and what else it needs. */
class ReleasedModelTest {

  private static final JavaBackend BACKEND = new JavaBackend(1);
  private static final List<String> RELATIONS = List.of("None", "/per/per/peer", "/per/loc/place");

  @TempDir Path dir;

  @AfterAll
  static void close() {
    BACKEND.close();
  }

  private static MmibModel model(Task task, int hidden, Consumer<MmibConfig.Draft> change) {
    var config = MmibConfig.of(task).with(change);
    var bert = BertConfig.of(20, hidden, 1, hidden / 8, 2 * hidden).withDropout(0.2, 0.3);
    var weights = Weights.random(3);
    return task == Task.NER
        ? NerModel.create(BACKEND, config, bert, TagSet.twitter(), weights)
        : RelationModel.create(BACKEND, config, bert, RelationSet.of(RELATIONS), weights);
  }

  /** A checkpoint with all that it needs beside it, after a change of its tensors. */
  private Path checkpoint(Task task, Consumer<Map<String, TensorSource>> change) {
    try (var model = model(task, 24, c -> {})) {
      ReleasedCheckpoint.textEncoder(dir, model);
      if (task == Task.RE) {
        ReleasedCheckpoint.relations(dir, RELATIONS);
      }
      var tensors = ReleasedCheckpoint.tensors(model);
      change.accept(tensors);
      return ReleasedCheckpoint.write(dir, tensors);
    }
  }

  private MmibException refused(Path checkpoint, ConvertOptions options) {
    var out = dir.resolve("out");
    var e = assertThrows(MmibException.class, () -> Converter.convert(checkpoint, out, options));
    assertFalse(Files.exists(out));
    return e;
  }

  private static void says(MmibException e, ErrorCode code, String... words) {
    assertEquals(code, e.code(), e.getMessage());
    for (var word : words) {
      assertTrue(String.valueOf(e.getMessage()).contains(word), e.getMessage());
    }
  }

  @ParameterizedTest
  @EnumSource
  void readsTheTaskAndItsSettingsOffTheNames(Task task) {
    var in = checkpoint(task, tensors -> {});
    var done = Converter.convert(in, dir.resolve("out"), ConvertOptions.STANDARD);
    assertEquals(Kind.MODEL, done.kind());
    var model = ModelDirectory.open(dir.resolve("out"));
    assertEquals(task, model.config().task());
    assertEquals(Fidelity.REFERENCE, model.config().fidelity());
    assertEquals(FusionKind.CROSS, model.config().fusion());
    assertEquals(Scorer.CONCAT, model.config().alignment().scorer());
    assertEquals(task == Task.NER ? 4 : 3, model.config().crops());
    assertEquals(task == Task.NER ? 128 : 80, model.config().maxLength());
    assertEquals("tiny", model.config().image().encoder());
    assertEquals(3, model.bertConfig().heads());
    assertEquals(0.2, model.bertConfig().hiddenDropout());
    assertEquals(20, model.bertConfig().vocabularySize());
    assertEquals(task == Task.NER ? TagSet.twitter().tags() : RELATIONS, model.labels());
    var tokenizer = model.tokenizer();
    assertEquals(20, tokenizer.size());
    if (task == Task.RE) {
      assertEquals(List.of(16, 17, 18, 19), ids(tokenizer.idsOf(RelationEncoder.MARKERS)));
    }
    model.load(BACKEND).close();
    assertEquals(List.of("the fidelity is reference"), done.notes());
  }

  private static List<Integer> ids(int[] ids) {
    return java.util.Arrays.stream(ids).boxed().toList();
  }

  @Test
  void tellsOfTensorsThatItDoesNotKnow() {
    var in = checkpoint(Task.NER, tensors -> tensors.put("prompt.weight", floats(3)));
    var done = Converter.convert(in, dir.resolve("out"), ConvertOptions.STANDARD);
    assertEquals(
        "left out are 1 tensors that no released model has: 'prompt.weight'", done.notes().get(1));
  }

  @Test
  void carriesTheFidelityThatIsAskedFor() {
    var in = checkpoint(Task.NER, tensors -> {});
    Converter.convert(
        in, dir.resolve("out"), ConvertOptions.STANDARD.withFidelity(Fidelity.CORRECTED));
    assertEquals(Fidelity.CORRECTED, ModelDirectory.open(dir.resolve("out")).config().fidelity());
  }

  @Test
  void takesOffThePrefixOfSeveralDevices() {
    var in =
        checkpoint(
            Task.NER,
            tensors -> {
              var all = Map.copyOf(tensors);
              tensors.clear();
              all.forEach((name, source) -> tensors.put("module." + name, source));
            });
    Converter.convert(in, dir.resolve("out"), ConvertOptions.STANDARD);
    ModelDirectory.open(dir.resolve("out")).load(BACKEND).close();
  }

  @ParameterizedTest
  @EnumSource
  void readsTheFormOfTheFusionOffTheNames(FusionKind fusion) {
    try (var model =
        model(
            Task.NER,
            24,
            c -> {
              c.fusion = fusion;
              c.alignment = c.alignment.withScorer(Scorer.BILINEAR);
            })) {
      ReleasedCheckpoint.textEncoder(dir, model);
      var in = ReleasedCheckpoint.write(dir, ReleasedCheckpoint.tensors(model));
      Converter.convert(in, dir.resolve("out"), ConvertOptions.STANDARD);
    }
    var converted = ModelDirectory.open(dir.resolve("out"));
    assertEquals(fusion, converted.config().fusion());
    assertEquals(Scorer.BILINEAR, converted.config().alignment().scorer());
    converted.load(BACKEND).close();
  }

  @Test
  void refusesSizesThatNoModelHas() {
    var name = "bert.embeddings.word_embeddings.weight";
    var plain = new byte[4];
    says(
        refused(
            checkpoint(
                Task.NER,
                t -> t.put(name, TensorSource.bytes(TensorType.U8, List.of(1L, 4L), plain))),
            ConvertOptions.STANDARD),
        ErrorCode.VOCABULARY,
        "1 rows");
    says(
        refused(
            checkpoint(
                Task.NER,
                t ->
                    t.put(
                        name,
                        TensorSource.bytes(
                            TensorType.U8, List.of(20L, 65_536L), new byte[20 * 65_536]))),
            ConvertOptions.STANDARD),
        ErrorCode.WEIGHTS_MISMATCH,
        "a hidden size of 65536, more than 16384");
    says(
        refused(
            checkpoint(
                Task.NER, t -> t.put(name, TensorSource.bytes(TensorType.U8, List.of(4L), plain))),
            ConvertOptions.STANDARD),
        ErrorCode.WEIGHTS_MISMATCH,
        "of the shape [4]");
  }

  @Test
  void takesTheUsualHeadsWithoutAConfiguration() throws IOException {
    try (var model = model(Task.NER, 192, c -> {})) {
      ReleasedCheckpoint.textEncoder(dir, model);
      Files.delete(dir.resolve("config.json"));
      var in = ReleasedCheckpoint.write(dir, ReleasedCheckpoint.tensors(model));
      var done = Converter.convert(in, dir.resolve("out"), ConvertOptions.STANDARD);
      assertTrue(done.notes().toString().contains("3 heads"), done.notes().toString());
    }
    assertEquals(3, ModelDirectory.open(dir.resolve("out")).bertConfig().heads());
  }

  @Test
  void saysWhatIsMissingAndHowToGiveIt() throws IOException {
    var in = checkpoint(Task.RE, tensors -> {});
    var elsewhere = Files.createDirectory(dir.resolve("elsewhere"));
    for (var name : List.of("vocab.txt", "config.json", "rel2id.json")) {
      Files.move(dir.resolve(name), elsewhere.resolve(name));
    }
    says(refused(in, ConvertOptions.STANDARD), ErrorCode.VOCABULARY, "--text-encoder DIR");
    var encoder = ConvertOptions.STANDARD.withTextEncoder(elsewhere);
    says(refused(in, encoder), ErrorCode.LABELS, "--relations FILE");
    var both = encoder.withRelations(elsewhere.resolve("rel2id.json"));
    Converter.convert(in, dir.resolve("good"), both);
    Files.delete(elsewhere.resolve("config.json"));
    says(refused(in, both), ErrorCode.CONFIG, "heads", "hidden size 24", "--text-encoder DIR");
  }

  @Test
  void refusesFilesOfAnotherModel() throws IOException {
    var in = checkpoint(Task.RE, tensors -> {});
    ReleasedCheckpoint.relations(dir, List.of("None", "one"));
    says(refused(in, ConvertOptions.STANDARD), ErrorCode.LABELS, "3 rows", "2 labels");
    ReleasedCheckpoint.relations(dir, RELATIONS);
    var words = Files.readAllLines(dir.resolve("vocab.txt"));
    Files.write(dir.resolve("vocab.txt"), words.subList(0, 15));
    says(refused(in, ConvertOptions.STANDARD), ErrorCode.VOCABULARY, "19 tokens", "20 rows");
    Files.write(dir.resolve("vocab.txt"), words);
    var config = Files.readString(dir.resolve("config.json"));
    Files.writeString(
        dir.resolve("config.json"),
        config.replace("\"num_hidden_layers\":1", "\"num_hidden_layers\":2"));
    says(
        refused(in, ConvertOptions.STANDARD),
        ErrorCode.WEIGHTS_MISMATCH,
        "num_hidden_layers is 2",
        "is 1");
  }

  @Test
  void refusesWhatIsNoWholeCheckpoint() {
    says(
        refused(checkpoint(Task.NER, t -> t.remove("crf.transitions")), ConvertOptions.STANDARD),
        ErrorCode.WEIGHTS_MISMATCH,
        "1 tensors of a released NER model are missing: 'crf.transitions'");
    says(
        refused(
            checkpoint(Task.NER, t -> t.remove("discrimonator.weight")), ConvertOptions.STANDARD),
        ErrorCode.WEIGHTS_MISMATCH,
        "no tensor 'discrimonator.weight'");
    says(
        refused(
            checkpoint(
                Task.NER, t -> t.keySet().removeIf(name -> name.startsWith("img2txt_cross."))),
            ConvertOptions.STANDARD),
        ErrorCode.WEIGHTS_MISMATCH,
        "are missing",
        "img2txt_cross.");
    says(
        refused(
            checkpoint(Task.NER, t -> t.keySet().removeIf(name -> name.contains("_cross."))),
            ConvertOptions.STANDARD),
        ErrorCode.WEIGHTS_MISMATCH,
        "no weights of a fusion");
    says(
        refused(
            checkpoint(Task.NER, t -> t.put("classifier.bias", floats(3))),
            ConvertOptions.STANDARD),
        ErrorCode.WEIGHTS_MISMATCH,
        "both an NER and an RE model");
    says(
        refused(checkpoint(Task.NER, t -> t.put("ln.weight", floats(24))), ConvertOptions.STANDARD),
        ErrorCode.WEIGHTS_MISMATCH,
        "several fusions");
    says(
        refused(checkpoint(Task.NER, t -> t.put("fc.bias", floats(12))), ConvertOptions.STANDARD),
        ErrorCode.WEIGHTS_MISMATCH,
        "tensor 'fc.bias'",
        "has the shape [12], the model's is [13]");
  }

  private static TensorSource floats(int count) {
    return TensorSource.floats(Shape.of(count), new float[count]);
  }
}
