package dev.mmib.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.NerBatch;
import dev.mmib.data.TagSet;
import dev.mmib.data.TextBatch;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.train.AdamW;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A training step at the size of the paper: bert-base, features of ResNet-50, 8 × 128 pieces. */
class FullSizeTest {

  private static final int BATCH = 8;
  private static final int TOKENS = 128;
  private static final int SLOTS = 5;
  private static final int FEATURES = 2048;
  private static final long SIX_GIGABYTES = 6_000_000_000L;

  @Test
  void aStepStaysUnderSixGigabytes() {
    run(3);
  }

  /** Takes many minutes: {@code mvn test -Dmmib.excludedGroups= -Dtest=FullSizeTest}. */
  @Test
  @Tag("slow")
  void nothingGrowsOverTwoHundredSteps() {
    run(200);
  }

  private static void run(int steps) {
    try (var backend = Device.auto().open()) {
      try (var model = model(backend);
          var optimizer = new AdamW(backend, AdamW.Options.adamW())) {
        model
            .parameters()
            .trainable()
            .forEach((name, p) -> optimizer.add(name, p, new AdamW.Group(3e-5, 0.01)));
        var random = new RandomState(1, 0);
        step(model, optimizer, random); // makes the optimizer's moments
        step(model, optimizer, random);
        var afterSecond = backend.memory();
        for (int i = 2; i < steps; i++) {
          step(model, optimizer, random);
        }
        var atEnd = backend.memory();
        assertEquals(afterSecond.liveBuffers(), atEnd.liveBuffers(), "live buffers between steps");
        assertEquals(afterSecond.liveBytes(), atEnd.liveBytes(), "live bytes between steps");
        assertEquals(afterSecond.peakBytes(), atEnd.peakBytes(), "peak of later steps");
        assertTrue(
            atEnd.peakBytes() + usedHeap(backend) < SIX_GIGABYTES,
            "peak of the device's buffers, "
                + atEnd.peakBytes()
                + " bytes, beside the heap's "
                + usedHeap(backend));
      }
      assertEquals(0, backend.memory().liveBuffers(), "live buffers after closing the model");
    }
  }

  /** What else is on the heap; the plain-Java backend's buffers are counted already. */
  private static long usedHeap(Backend backend) {
    var runtime = Runtime.getRuntime();
    long used = runtime.totalMemory() - runtime.freeMemory();
    return backend.name().equals("java") ? 0 : used;
  }

  private static NerModel model(Backend backend) {
    var config = MmibConfig.of(Task.NER).with(c -> c.image = ImageConfig.of("resnet50"));
    var bert = BertConfig.of(30_522, 768, 12, 12, 3072);
    return NerModel.create(backend, config, bert, TagSet.twitter(), Weights.random(1));
  }

  private static void step(NerModel model, AdamW optimizer, RandomState random) {
    try (var step = Scope.open(model.backend(), Mode.TRAIN, random)) {
      var losses = model.loss(texts(), pictures());
      var gradients = Tape.gradients(losses.total());
      optimizer.step(gradients);
      assertTrue(Float.isFinite(losses.total().item()), "loss");
    }
  }

  private static NerBatch texts() {
    var random = new Random(1);
    int[] ids = random.ints(BATCH * TOKENS, 1000, 30_000).toArray();
    int[] lengths = new int[BATCH];
    Arrays.fill(lengths, TOKENS);
    var text = new TextBatch(BATCH, TOKENS, ids, new int[BATCH * TOKENS], lengths);
    var first = new boolean[BATCH * TOKENS];
    Arrays.fill(first, true);
    return new NerBatch(text, random.ints(BATCH * TOKENS, 1, 10).toArray(), first);
  }

  private static ImageBatch pictures() {
    var random = new Random(2);
    var features = new float[BATCH * SLOTS * FEATURES];
    for (int i = 0; i < features.length; i++) {
      features[i] = random.nextFloat();
    }
    var present = new boolean[BATCH * SLOTS];
    Arrays.fill(present, true);
    return new ImageBatch(BATCH, SLOTS, new int[] {FEATURES}, features, present);
  }
}
