package dev.mmib.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.data.Fidelity;
import dev.mmib.data.NerBatch;
import dev.mmib.data.TagSet;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NerAssessmentTest {

  private final Backend backend = new JavaBackend(2);

  @AfterEach
  void leavesNothingBehind() {
    assertEquals(0, backend.memory().liveBuffers(), "live buffers after closing the model");
    backend.close();
  }

  private NerModel model(Fidelity fidelity) {
    return Tiny.ner(backend, Tiny.config(Task.NER).with(c -> c.fidelity = fidelity));
  }

  @Test
  void predictsWhatDecodingPredicts() {
    try (var model = model(Fidelity.CORRECTED)) {
      var decoded = model.decode(Tiny.nerBatch(), Tiny.images());
      var assessed = model.assess(Tiny.nerBatch(), Tiny.images());
      for (int b = 0; b < decoded.size(); b++) {
        assertArrayEquals(decoded.get(b).tags(), assessed.get(b).prediction().tags());
        assertEquals(decoded.get(b).entities(), assessed.get(b).prediction().entities());
      }
    }
  }

  /** Where every piece counts as a word, it is the likelihood that training maximizes. */
  @Test
  void isTheLikelihoodOfTheTags() {
    var batch = Tiny.nerBatch();
    var every = batch.firstPiece().clone();
    Arrays.fill(every, true);
    var words = new NerBatch(batch.text(), batch.tags(), every);
    try (var model = model(Fidelity.REFERENCE);
        var scope = Scope.open(backend, Mode.INFER)) {
      double mean =
          model.assess(words, Tiny.images()).stream()
              .mapToDouble(NerAssessment::logGold)
              .average()
              .orElseThrow();
      assertEquals(-model.loss(words, Tiny.images()).task().item(), mean, 1e-4);
    }
  }

  /** Other pieces' tags are summed over, so the words alone are more probable than everything. */
  @Test
  void leavesTheTagsOfOtherPiecesOpen() {
    try (var model = model(Fidelity.REFERENCE)) {
      var batch = Tiny.nerBatch();
      var other = batch.tags().clone();
      for (int i = 0; i < other.length; i++) {
        other[i] = batch.firstPiece()[i] ? other[i] : TagSet.twitter().outside();
      }
      var changed = new NerBatch(batch.text(), other, batch.firstPiece());
      var before = model.assess(batch, Tiny.images());
      var after = model.assess(changed, Tiny.images());
      for (int b = 0; b < before.size(); b++) {
        assertEquals(before.get(b).logGold(), after.get(b).logGold(), 1e-12);
        assertTrue(before.get(b).logGold() < 0);
      }
    }
  }

  /** Told its own answer as gold, it gives the gold entities the scores of those it found. */
  @Test
  void scoresGoldEntitiesAsItScoresFoundOnes() {
    try (var model = model(Fidelity.CORRECTED)) {
      var batch = Tiny.nerBatch();
      var answers = model.decode(batch, Tiny.images());
      var tags = batch.tags().clone();
      for (int b = 0; b < answers.size(); b++) {
        var own = answers.get(b).tags();
        System.arraycopy(own, 0, tags, b * batch.text().tokens(), own.length);
      }
      var told = new NerBatch(batch.text(), tags, batch.firstPiece());
      int entities = 0;
      for (var assessment : model.assess(told, Tiny.images())) {
        assertEquals(assessment.prediction().entities(), assessment.gold());
        entities += assessment.gold().size();
      }
      assertTrue(entities > 0);
    }
  }
}
