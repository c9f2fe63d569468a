package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.data.Split;
import dev.mmib.model.Task;
import dev.mmib.predict.Extractor;
import dev.mmib.predict.Look;
import dev.mmib.predict.Picture;
import dev.mmib.predict.Post;
import dev.mmib.score.Counts;
import dev.mmib.score.EntityScore.Mode;
import dev.mmib.train.EvaluatedRow.Candidate;
import dev.mmib.train.EvaluatedRow.Pair;
import dev.mmib.train.EvaluatedRow.Sentence;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {

  private static final double EXACT = 1e-5; // the same sums in other batches

  private final Backend backend = new JavaBackend(2);

  @TempDir Path directory;

  @AfterEach
  void close() {
    assertEquals(0, backend.memory().liveBuffers(), "buffers left open");
    backend.close();
  }

  /** A model that has learned something, but not all. */
  private Path train(Task task, String... more) throws IOException {
    var data = directory.resolve("data");
    if (task == Task.NER) {
      ToyData.ner(data, 48, 24);
    } else {
      ToyData.relations(data, 48, 24);
    }
    var settings = ToyData.settings(task).set("epochs=2").set("learningRate=2e-3").set("crops=1");
    for (var setting : more) {
      settings.set(setting);
    }
    var out = directory.resolve("out");
    Trainer.of(settings, data).run(backend, out, Existing.REFUSE);
    return out.resolve("model");
  }

  private Evaluator open(Path model) {
    return Evaluator.open(backend, model, directory.resolve("data"), Split.TEST);
  }

  @Test
  void tellsOfEachRowWhatTheScoreCounts() throws IOException {
    var model = train(Task.NER);
    try (var evaluator = open(model)) {
      for (var mode : Mode.values()) {
        var found = evaluator.evaluate(mode, TrainingListener.NONE);
        var sum = Counts.NONE;
        for (var row : found.rows()) {
          var sentence = (Sentence) row;
          sum = sum.plus(row.counts());
          assertEquals(row.counts().predicted(), sentence.found().size(), row.place());
          assertEquals(row.counts().gold(), sentence.gold().size(), row.place());
          assertEquals(
              row.counts().correct(), sentence.found().stream().filter(sentence::isGold).count());
          assertEquals(
              row.isRight(),
              sentence.outcomes().stream().allMatch(o -> o.right())
                  && sentence.gold().stream().allMatch(sentence::isFound));
        }
        assertEquals(found.micro().support(), sum.gold());
        var calibration = found.calibration().orElseThrow();
        assertEquals(sum.predicted(), calibration.n());
        assertEquals(found.micro().precision(), calibration.accuracy(), 1e-12);
      }
    }
  }

  @Test
  void putsTheWorstRowsFirst() throws IOException {
    var model = train(Task.NER);
    try (var evaluator = open(model)) {
      var found = evaluator.evaluate(Mode.LENIENT, TrainingListener.NONE);
      var worst = found.worst().stream().map(found.rows()::get).toList();
      assertTrue(worst.size() > 1, "a model that makes mistakes");
      assertTrue(worst.stream().noneMatch(EvaluatedRow::isRight));
      assertEquals(found.rows().stream().filter(r -> !r.isRight()).count(), worst.size());
      assertEquals(
          worst.stream().sorted(Comparator.comparingDouble(r -> -r.loss())).toList(), worst);
      assertTrue(worst.stream().allMatch(row -> row.loss() > 0));
    }
  }

  /** What the library says of the same post, which reads it by another way. */
  @Test
  void saysOfAPostWhatTheExtractorSays() throws IOException {
    var model = train(Task.NER);
    try (var evaluator = open(model);
        var extractor = Extractor.load(model, Device.of("java"))) {
      var found = evaluator.evaluate(Mode.LENIENT, TrainingListener.NONE);
      for (int row = 0; row < found.rows().size(); row++) {
        var sentence = (Sentence) found.rows().get(row);
        var post = Post.ofTokens(sentence.tokens());
        if (sentence.pictures().whole().isPresent()) {
          post = post.withPicture(Picture.of(sentence.pictures().whole().get()));
        }
        var extracted = extractor.extract(post).entities();
        assertEquals(extracted.size(), sentence.found().size());
        for (int e = 0; e < extracted.size(); e++) {
          assertEquals(extracted.get(e).text(), sentence.found().get(e).text());
          assertEquals(extracted.get(e).score(), sentence.found().get(e).score(), EXACT);
        }
        var looks = evaluator.looks(row);
        for (var expected : extractor.looks(post)) {
          var look = looks.stream().filter(l -> l.place().equals(expected.place())).findFirst();
          assertArrayEquals(expected.slots(), look.orElseThrow().slots(), (float) EXACT);
        }
        requireShares(looks, 2);
      }
    }
  }

  private static void requireShares(List<Look> looks, int slots) {
    for (var look : looks) {
      assertEquals(slots, look.slots().length);
      double sum = 0;
      for (float share : look.slots()) {
        sum += share;
      }
      assertEquals(1, sum, EXACT);
    }
  }

  @Test
  void listsTheRelationsThatAPairCouldHave() throws IOException {
    var model = train(Task.RE);
    try (var evaluator = open(model)) {
      var found = evaluator.evaluate(Mode.LENIENT, TrainingListener.NONE);
      for (int row = 0; row < found.rows().size(); row++) {
        var pair = (Pair) found.rows().get(row);
        var scores = pair.candidates().stream().map(Candidate::score).toList();
        assertEquals(scores.stream().sorted(Comparator.reverseOrder()).toList(), scores);
        assertEquals(1, scores.stream().mapToDouble(s -> s).sum(), EXACT);
        double gold =
            pair.candidates().stream()
                .filter(c -> c.relation().equals(pair.gold()))
                .mapToDouble(Candidate::score)
                .sum();
        assertEquals(-Math.log(gold), pair.loss(), 1e-9);
        assertEquals(pair.isRight(), pair.found().relation().equals(pair.gold()));
        var looks = evaluator.looks(row);
        assertEquals(List.of(pair.head(), pair.tail()), looks.stream().map(Look::place).toList());
        requireShares(looks, 2);
      }
      assertEquals(24, found.calibration().orElseThrow().n(), "None is an answer like any other");
      assertEquals(24, found.scores().confusion().total());
    }
  }

  @Test
  void givesNothingToAnEntityThatWasCutOff() throws IOException {
    var model = train(Task.NER, "maxLength=5"); // [CLS], three pieces, [SEP]
    try (var evaluator = open(model)) {
      var found = evaluator.evaluate(Mode.LENIENT, TrainingListener.NONE);
      int cut = 0;
      for (var row : found.rows()) {
        for (var entity : ((Sentence) row).gold()) {
          if (entity.end() > 3) { // a word has a piece at least
            assertEquals(0, entity.score(), row.place() + " " + entity);
            cut++;
          } else if (entity.start() == 0) {
            assertTrue(entity.score() > 0, row.place() + " " + entity);
          }
        }
      }
      assertTrue(cut > 0, "some sentences have four words up to the end of an entity");
    }
  }

  @Test
  void looksAtNothingWithoutPictures() throws IOException {
    var model = train(Task.NER, "textOnly=true");
    try (var evaluator = open(model)) {
      var found = evaluator.evaluate(Mode.LENIENT, TrainingListener.NONE);
      assertFalse(found.rows().isEmpty());
      assertEquals(List.of(), evaluator.looks(0));
    }
  }
}
