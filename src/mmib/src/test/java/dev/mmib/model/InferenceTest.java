package dev.mmib.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.data.Fidelity;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.NerBatch;
import dev.mmib.data.TagSet;
import dev.mmib.data.TextBatch;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.MmibConfig.FusionKind;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InferenceTest {

  private final Backend backend = new JavaBackend(2);

  @AfterEach
  void leavesNothingBehind() {
    assertEquals(0, backend.memory().liveBuffers(), "live buffers after closing the model");
    backend.close();
  }

  private static MmibConfig ner(Fidelity fidelity) {
    return Tiny.config(Task.NER).with(c -> c.fidelity = fidelity);
  }

  /** The batch with {@code more} columns of padding. */
  private static NerBatch padded(NerBatch batch, int more) {
    var text = batch.text();
    int wide = text.tokens() + more;
    var ids = new int[text.batch() * wide];
    var tags = new int[ids.length];
    var first = new boolean[ids.length];
    for (int b = 0; b < text.batch(); b++) {
      System.arraycopy(text.ids(), b * text.tokens(), ids, b * wide, text.tokens());
      System.arraycopy(batch.firstPiece(), b * text.tokens(), first, b * wide, text.tokens());
    }
    return new NerBatch(
        new TextBatch(text.batch(), wide, ids, new int[ids.length], text.lengths()), tags, first);
  }

  private static double[] scores(List<NerPrediction> predictions) {
    return predictions.stream()
        .flatMap(p -> p.entities().stream())
        .mapToDouble(EntitySpan::score)
        .toArray();
  }

  @Test
  void doesNotSeePadding() {
    try (var model = Tiny.ner(backend, ner(Fidelity.CORRECTED))) {
      var narrow = model.decode(Tiny.nerBatch(), Tiny.images());
      var wide = model.decode(padded(Tiny.nerBatch(), 5), Tiny.images());
      for (int b = 0; b < narrow.size(); b++) {
        assertArrayEquals(narrow.get(b).tags(), wide.get(b).tags());
      }
      assertTrue(scores(narrow).length > 0);
      assertArrayEquals(scores(narrow), scores(wide), 1e-5);
    }
  }

  @Test
  void seesPaddingAsTheReleasedCodeDoes() {
    try (var model = Tiny.ner(backend, ner(Fidelity.REFERENCE));
        var scope = Scope.open(backend, Mode.INFER)) {
      float narrow = model.loss(Tiny.nerBatch(), Tiny.images()).klText().item();
      float wide = model.loss(padded(Tiny.nerBatch(), 5), Tiny.images()).klText().item();
      assertNotEquals(narrow, wide, 1e-4f);
    }
  }

  @Test
  void looksAtNoAbsentCrop() {
    var images = Tiny.images();
    var other = images.values().clone();
    int absent = 4;
    Arrays.fill(other, absent * images.slotSize(), (absent + 1) * images.slotSize(), 3);
    var changed =
        new ImageBatch(images.batch(), images.slots(), images.slotShape(), other, images.present());
    try (var model = Tiny.ner(backend, ner(Fidelity.CORRECTED))) {
      assertArrayEquals(
          scores(model.decode(Tiny.nerBatch(), images)),
          scores(model.decode(Tiny.nerBatch(), changed)));
      var attention = model.slotAttention(Tiny.texts(), images);
      for (int token = 0; token < 9; token++) {
        assertEquals(0, attention[1][token][1], "an absent crop");
        float sum = 0;
        for (float weight : attention[0][token]) {
          sum += weight;
        }
        assertEquals(1, sum, 1e-5f);
      }
    }
  }

  @Test
  void looksAtZerosWhereThereIsNoWholePicture() {
    var images = Tiny.images();
    var values = new float[images.values().length];
    var whole = new boolean[images.present().length];
    for (int i = 0; i < whole.length; i += images.slots()) {
      whole[i] = true;
    }
    var nothing = new boolean[whole.length];
    for (var kind : FusionKind.values()) {
      var config = ner(Fidelity.CORRECTED).with(c -> c.fusion = kind);
      try (var model = Tiny.ner(backend, config)) {
        var shape = images.slotShape();
        var there = new ImageBatch(images.batch(), images.slots(), shape, values, whole);
        var absent = new ImageBatch(images.batch(), images.slots(), shape, values, nothing);
        var expected = scores(model.decode(Tiny.nerBatch(), there));
        assertArrayEquals(expected, scores(model.decode(Tiny.nerBatch(), absent)), kind.toString());
        assertArrayEquals(expected, scores(model.decode(Tiny.nerBatch(), null)), 1e-6);
      }
    }
  }

  @Test
  void takesFeaturesInPlaceOfPixels() {
    var config = ner(Fidelity.CORRECTED).with(c -> c.image = c.image.withFrozen(true));
    try (var model = Tiny.ner(backend, config)) {
      assertTrue(model.hasConstantImageFeatures());
      var pixels = Tiny.images();
      var features = model.imageFeatures(pixels);
      int length = features.length / pixels.batch() / pixels.slots();
      var given =
          new ImageBatch(
              pixels.batch(), pixels.slots(), new int[] {length}, features, pixels.present());
      assertArrayEquals(
          scores(model.decode(Tiny.nerBatch(), pixels)),
          scores(model.decode(Tiny.nerBatch(), given)));
    }
  }

  @Test
  void takesPostsWithoutPictures() {
    try (var model = Tiny.ner(backend, ner(Fidelity.CORRECTED))) {
      assertEquals(3, model.decode(Tiny.nerBatch(), null).size());
    }
  }

  @Test
  void givesAWordNoSpecialTag() {
    try (var model = Tiny.ner(backend, ner(Fidelity.CORRECTED))) {
      // A bias that wants X everywhere, at first pieces too.
      preferContinuations(model);
      var batch = Tiny.nerBatch();
      var found = model.decode(batch, Tiny.images());
      for (int b = 0; b < found.size(); b++) {
        var tags = found.get(b).tags();
        for (int t = 0; t < tags.length; t++) {
          boolean first = batch.firstPiece()[b * batch.text().tokens() + t];
          assertEquals(!first, TagSet.twitter().isSpecial(tags[t]), "text " + b + ", piece " + t);
        }
      }
    }
  }

  @Test
  void letsTheReleasedModelGiveAWordAnyTag() {
    try (var model = Tiny.ner(backend, ner(Fidelity.REFERENCE))) {
      preferContinuations(model);
      var tags = model.decode(Tiny.nerBatch(), Tiny.images()).get(0).tags();
      assertTrue(
          Arrays.stream(tags).allMatch(t -> t == TagSet.twitter().continuation()),
          Arrays.toString(tags));
    }
  }

  private void preferContinuations(NerModel model) {
    var bias = new float[TagSet.twitter().size()];
    bias[TagSet.twitter().continuation()] = 50;
    var head = model.parameters().tensor("head.bias");
    backend.upload(bias, 0, head.buffer(), 0, bias.length);
  }

  @Test
  void samplesRelationsOnlyAsTheReleasedModelDoes() {
    for (var fidelity : Fidelity.values()) {
      var config = Tiny.config(Task.RE).with(c -> c.fidelity = fidelity);
      try (var model = Tiny.relations(backend, config)) {
        float[] first;
        float[] second;
        try (var scope = Scope.open(backend, Mode.INFER, new RandomState(1, 0))) {
          first = model.decode(Tiny.relationBatch(), Tiny.images()).get(0).probabilities();
          second = model.decode(Tiny.relationBatch(), Tiny.images()).get(0).probabilities();
        }
        assertEquals(
            fidelity == Fidelity.CORRECTED, Arrays.equals(first, second), fidelity.toString());
        assertEquals(1, IntStream.range(0, 3).mapToDouble(i -> second[i]).sum(), 1e-5);
      }
    }
  }

  @Test
  void servesManyThreads() throws Exception {
    var threads = Executors.newFixedThreadPool(4);
    try (var model = Tiny.ner(backend, ner(Fidelity.CORRECTED))) {
      var expected = scores(model.decode(Tiny.nerBatch(), Tiny.images()));
      var device = new Object();
      var results =
          threads.invokeAll(
              IntStream.range(0, 12)
                  .<Callable<double[]>>mapToObj(
                      i ->
                          () -> {
                            synchronized (device) {
                              return scores(model.decode(Tiny.nerBatch(), Tiny.images()));
                            }
                          })
                  .toList());
      for (var result : results) {
        assertArrayEquals(expected, result.get());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"head.bias", "crf.transitions", "crf.end_transitions"})
  void refusesScoresThatAreNotFinite(String weight) {
    try (var model = Tiny.ner(backend, ner(Fidelity.CORRECTED))) {
      var bias = model.parameters().tensor(weight);
      backend.upload(new float[] {Float.NaN}, 0, bias.buffer(), 0, 1);
      var error =
          assertThrows(MmibException.class, () -> model.decode(Tiny.nerBatch(), Tiny.images()));
      assertEquals(ErrorCode.NOT_FINITE, error.code());
    }
  }

  @Test
  void hasNoPicturesInAModelOfTextOnly() {
    try (var model = Tiny.ner(backend, Tiny.config(Task.NER).with(c -> c.textOnly = true))) {
      assertFalse(model.hasSlotAttention());
      assertFalse(model.hasConstantImageFeatures());
      assertEquals(3, model.decode(Tiny.nerBatch(), Tiny.images()).size());
      assertTrue(
          model.parameters().all().keySet().stream()
              .noneMatch(name -> name.startsWith("resnet.") || name.startsWith("fusion.")));
      assertThrows(IllegalStateException.class, () -> model.imageFeatures(Tiny.images()));
    }
  }

  @Test
  void freesEverythingWhenAConfigurationDoesNotFit() {
    var config = ner(Fidelity.CORRECTED).with(c -> c.attentionHeads = 7);
    assertThrows(MmibException.class, () -> Tiny.ner(backend, config));
  }
}
