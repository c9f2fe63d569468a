package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.RelationEncoder;
import dev.mmib.data.RelationSet;
import dev.mmib.data.TagSet;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerModel;
import dev.mmib.model.RelationModel;
import dev.mmib.model.Task;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.text.BertTokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransferredWeightsTest {

  private static final List<String> WORDS =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "kevin", "oak", "##land");
  private static final int HIDDEN = 24;
  private static final String TABLE = "bert.embeddings.word_embeddings.weight";

  @TempDir Path directory;
  private final Backend backend = new JavaBackend(2);

  @AfterEach
  void leavesNothingBehind() {
    assertEquals(0, backend.memory().liveBuffers());
    backend.close();
  }

  private static MmibConfig config(Task task) {
    return MmibConfig.of(task).with(c -> c.textOnly = true);
  }

  private MmibModel model(TransferredWeights.Names names, Weights weights) {
    var bert = BertConfig.of(names.tokens().size(), HIDDEN, 1, 4, 32);
    var config = config(names.task());
    return names.task() == Task.NER
        ? NerModel.create(backend, config, bert, TagSet.ofTags(names.labels()), weights)
        : RelationModel.create(backend, config, bert, RelationSet.of(names.labels()), weights);
  }

  private static TransferredWeights.Names names(Task task, List<String> labels, List<String> more) {
    var tokens = new ArrayList<>(WORDS);
    tokens.addAll(more);
    return new TransferredWeights.Names(task, labels, tokens);
  }

  private static List<String> tags(String... labels) {
    return TagSet.of(List.of(labels)).tags();
  }

  /** A model's weights by name. */
  private record Values(Map<String, float[]> all) {
    float[] get(String name) {
      return Objects.requireNonNull(all.get(name), name);
    }
  }

  /** Weights of the trained model, of the one made from it and of one made afresh; the report. */
  private record Transfer(Values old, Values made, Values fresh, List<String> report) {}

  private Transfer transfer(TransferredWeights.Names from, TransferredWeights.Names to) {
    Values old;
    try (var model = model(from, Weights.random(1))) {
      old = values(model);
      var options = BertTokenizer.Options.uncased();
      ModelDirectory.save(directory, model, BertTokenizer.of(from.tokens(), options));
    }
    try (var stored = StoredWeights.open(directory.resolve("model.safetensors"))) {
      var weights = new TransferredWeights(stored, from, to, Weights.random(2));
      try (var model = model(to, weights);
          var fresh = model(to, Weights.random(2))) {
        return new Transfer(old, values(model), values(fresh), weights.report());
      }
    }
  }

  private static Values values(MmibModel model) {
    try (var scope = Scope.open(model.backend(), Mode.INFER)) {
      return new Values(
          model.parameters().all().entrySet().stream()
              .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().toFloats())));
    }
  }

  @Test
  void labelsKeepWhatWasLearnedOfThemByName() {
    var from = names(Task.NER, tags("B-PER", "I-PER", "B-LOC", "I-LOC"), List.of());
    var to = names(Task.NER, tags("B-GENE", "I-GENE", "B-LOC", "I-LOC", "B-ART"), List.of());
    var found = transfer(from, to);
    int old = from.labels().size();
    int now = to.labels().size();
    for (int i = 0; i < now; i++) {
      int oldRow = from.labels().indexOf(to.labels().get(i));
      for (int c = 0; c < HIDDEN; c++) {
        assertEquals(
            (oldRow < 0 ? found.fresh : found.old)
                .get("head.weight")[(oldRow < 0 ? i : oldRow) * HIDDEN + c],
            found.made.get("head.weight")[i * HIDDEN + c]);
      }
      for (var name : List.of("head.bias", "crf.start_transitions", "crf.end_transitions")) {
        assertEquals(
            oldRow < 0 ? found.fresh.get(name)[i] : found.old.get(name)[oldRow],
            found.made.get(name)[i],
            name);
      }
      for (int j = 0; j < now; j++) {
        int oldColumn = from.labels().indexOf(to.labels().get(j));
        boolean both = oldRow >= 0 && oldColumn >= 0;
        assertEquals(
            both
                ? found.old.get("crf.transitions")[oldRow * old + oldColumn]
                : found.fresh.get("crf.transitions")[i * now + j],
            found.made.get("crf.transitions")[i * now + j]);
      }
    }
    assertSameElsewhere(found, List.of("head.", "crf."));
    assertEquals(
        List.of(
            "labels that are carried over by name: [PAD, O, B-LOC, I-LOC, X, [CLS], [SEP]]",
            "labels that start afresh: [B-ART, I-ART, B-GENE, I-GENE]",
            "labels that are dropped: [B-PER, I-PER]",
            "word pieces that start afresh: []",
            "weights that are carried over by name: ["
                + TABLE
                + ", crf.end_transitions,"
                + " crf.start_transitions, crf.transitions, head.bias, head.weight]",
            "weights that start afresh: []",
            "weights that are dropped: []"),
        found.report.subList(1, found.report.size()));
  }

  /** Everything but tensors of these names is the old model's. */
  private static void assertSameElsewhere(Transfer found, List<String> but) {
    int same = 0;
    for (var name : found.made.all().keySet()) {
      if (but.stream().noneMatch(name::startsWith)) {
        assertArrayEquals(found.old.get(name), found.made.get(name), name);
        same++;
      }
    }
    assertTrue(same > 20, same + " weights are the same");
  }

  @Test
  void anotherOrderOfTheSameLabelsIsFollowed() {
    var from = names(Task.RE, List.of("None", "at", "knows"), List.of());
    var to = names(Task.RE, List.of("knows", "None", "at"), List.of());
    var found = transfer(from, to);
    float[] old = found.old.get("head.weight");
    float[] made = found.made.get("head.weight");
    int[] oldRows = {2, 0, 1};
    for (int i = 0; i < made.length; i++) {
      int width = 2 * HIDDEN;
      assertEquals(old[oldRows[i / width] * width + i % width], made[i]);
    }
  }

  @Test
  void theSameLabelsGiveTheSameModel() {
    var names = names(Task.NER, tags("B-PER", "I-PER"), List.of());
    assertSameElsewhere(transfer(names, names), List.of());
  }

  @Test
  void relationsStartFromTheEncoderOfAnEntityModel() {
    // As many relations as tags: equal shapes of biases must not deceive.
    var from = names(Task.NER, tags("B-PER", "I-PER"), List.of());
    var relations = List.of("None", "a", "b", "c", "d", "e", "O");
    assertEquals(from.labels().size(), relations.size());
    var to = names(Task.RE, relations, RelationEncoder.MARKERS);
    var found = transfer(from, to);
    for (var name : List.of("head.weight", "head.bias")) {
      assertArrayEquals(found.fresh.get(name), found.made.get(name), name);
    }
    int known = WORDS.size() * HIDDEN;
    for (int i = 0; i < found.made.get(TABLE).length; i++) {
      var expected = i < known ? found.old : found.fresh;
      assertEquals(expected.get(TABLE)[i], found.made.get(TABLE)[i], "word " + i / HIDDEN);
    }
    assertSameElsewhere(found, List.of("head.", TABLE));
    assertTrue(
        found.report.containsAll(
            List.of(
                "the model is one of ner: its labels are not carried over",
                "word pieces that start afresh: [<s>, </s>, <o>, </o>]",
                "weights that start afresh: [head.bias, head.weight]",
                "weights that are dropped: [crf.end_transitions, crf.start_transitions,"
                    + " crf.transitions, head.bias, head.weight]")),
        found.report.toString());
  }

  @Test
  void wordsOfAnotherVocabularyAreFoundByName() {
    var from = names(Task.RE, List.of("None", "a"), List.of("left", "right"));
    var to = names(Task.RE, List.of("None", "a"), List.of("new", "right"));
    var found = transfer(from, to);
    float[] made = found.made.get(TABLE);
    int left = WORDS.size() * HIDDEN; // where "new" took the place of "left"
    for (int i = 0; i < made.length; i++) {
      boolean isNew = i >= left && i < left + HIDDEN;
      assertEquals((isNew ? found.fresh : found.old).get(TABLE)[i], made[i]);
    }
  }
}
