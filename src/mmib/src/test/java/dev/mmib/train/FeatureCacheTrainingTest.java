package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.golden.Backends;
import dev.mmib.io.FileTree;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.model.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings of a frozen picture encoder with its features on disk. */
class FeatureCacheTrainingTest {

  private static final int TRAIN = 16;
  private static final int OTHER = 4;

  /** Every other post has a picture. */
  private static final int TRAIN_AND_DEV = (TRAIN + OTHER) / 2;

  @TempDir Path directory;
  private Path data;
  private Path cache;

  @BeforeEach
  void paths() throws IOException {
    data = ToyData.ner(directory.resolve("data"), TRAIN, OTHER);
    cache = directory.resolve("cache");
  }

  private Settings settings() {
    return ToyData.settings(Task.NER)
        .set("epochs=2")
        .set("image.frozen=true")
        .set("featureCache", cache.toString());
  }

  private Path train(String name, Settings settings) {
    try (var backend = new JavaBackend(2)) {
      return train(backend, name, settings, TrainingListener.NONE);
    }
  }

  private Path train(Backend backend, String name, Settings settings, TrainingListener listener) {
    var out = directory.resolve(name);
    Trainer.of(settings, data).listener(listener).run(backend, out, Existing.REFUSE);
    return out;
  }

  private static List<JsonObject> pictures(Path out) throws IOException {
    return Files.readAllLines(out.resolve("metrics.jsonl")).stream()
        .map(line -> Json.parse(line, "metrics.jsonl").asObject())
        .filter(line -> line.string("type").equals("pictures"))
        .toList();
  }

  private static void assertCounts(
      Path out, int decoded, int found, int computed, int damaged, boolean failed)
      throws IOException {
    var lines = pictures(out);
    var last = lines.get(lines.size() - 1);
    var said = last.toString();
    assertEquals(decoded, last.integer("decoded"), said);
    assertEquals(found, last.integer("found"), said);
    // The picture of zeros, for posts without one, is computed by each training.
    assertEquals(computed + 1, last.integer("computed"), said);
    assertEquals(damaged, last.integer("damaged"), said);
    assertEquals(failed, !last.absent("failure"), said);
  }

  private static void assertSameModel(Path a, Path b) throws IOException {
    assertArrayEquals(
        Files.readAllBytes(a.resolve("model/model.safetensors")),
        Files.readAllBytes(b.resolve("model/model.safetensors")));
  }

  @Test
  void aSecondTrainingDecodesNothingAndLearnsTheSameBitForBit() throws IOException {
    var without = train("without", settings().set("featureCache=none"));
    var cold = train("cold", settings());
    var warm = train("warm", settings());
    assertCounts(without, TRAIN_AND_DEV, 0, TRAIN_AND_DEV, 0, false);
    assertCounts(cold, TRAIN_AND_DEV, 0, TRAIN_AND_DEV, 0, false);
    // Those of the test split were added after the last epoch of the first.
    assertCounts(warm, 0, TRAIN_AND_DEV, 0, 0, false);
    assertSameModel(without, cold);
    assertSameModel(without, warm);
    assertEquals(2, pictures(warm).size());
    assertEquals(pictures(warm).get(0).integer("found"), pictures(warm).get(1).integer("found"));
  }

  @Test
  void everyDeviceLearnsTheSameFromFeaturesOfOtherBatches() throws IOException {
    for (var device : Backends.present()) {
      var name = device.name();
      if (name.equals("java")) {
        continue; // as above
      }
      try (var backend = Device.of(name).withThreads(2).open()) {
        var once = settings().set("epochs=1");
        train(backend, name + "cold", once.set("batchSize=5"), TrainingListener.NONE);
        once.set("batchSize=8");
        var warm = train(backend, name + "warm", once, TrainingListener.NONE);
        assertCounts(warm, 0, TRAIN_AND_DEV, 0, 0, false);
        once.set("featureCache=none");
        assertSameModel(warm, train(backend, name + "none", once, TrainingListener.NONE));
      }
    }
  }

  @Test
  void noPictureIsTouchedAfterTheFirstEpoch() throws IOException {
    var kept = train("kept", settings().set("epochs=2").set("featureCache=none"));
    for (var cacheMegabytes : List.of("cacheMegabytes=64", "cacheMegabytes=0")) {
      ToyData.ner(data, TRAIN, OTHER);
      var listener =
          new TrainingListener() {
            @Override
            public void scored(EpochReport report) {
              try {
                FileTree.delete(data.resolve("images"));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          };
      try (var backend = new JavaBackend(2)) {
        var out =
            train(
                backend,
                "lost" + cacheMegabytes,
                settings().set("epochs=2").set(cacheMegabytes),
                listener);
        assertSameModel(kept, out);
        assertFalse(Files.exists(data.resolve("images")));
      }
    }
  }

  @Test
  void otherWeightsAndOtherPicturesHaveOtherFeatures() throws IOException {
    train("first", settings());
    assertCounts(
        train("seed", settings().set("seed=2")), TRAIN_AND_DEV, 0, TRAIN_AND_DEV, 0, false);
    assertCounts(
        train("size", settings().set("image.size=40")), TRAIN_AND_DEV, 0, TRAIN_AND_DEV, 0, false);
    Files.write(
        data.resolve("images/train_0.png"),
        Files.readAllBytes(data.resolve("images/test_0.png"))); // in the cache already
    assertCounts(train("moved", settings()), 0, TRAIN_AND_DEV, 0, 0, false);
  }

  @Test
  void damageIsNoticedCountedAndComputedAgain() throws IOException {
    var cold = train("cold", settings());
    var shard = shards().get(0);
    try (var channel = Files.newByteChannel(shard, StandardOpenOption.WRITE)) {
      channel.position(1000).write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5}));
    }
    var warm = train("warm", settings());
    assertEquals(1, pictures(warm).get(1).integer("damaged"));
    assertSameModel(cold, warm);
    assertCounts(train("healed", settings()), 0, TRAIN_AND_DEV, 0, 0, false);
  }

  private List<Path> shards() throws IOException {
    var found = new ArrayList<Path>();
    for (var home : FileTree.entries(cache)) {
      for (var file : FileTree.entries(home)) {
        if (file.toString().endsWith(".features")) {
          found.add(file);
        }
      }
    }
    return found;
  }

  @Test
  void aDirectoryThatCannotBeWrittenIsSaidAndDoneWithout() throws IOException {
    Files.writeString(cache, "a file");
    var out = train("out", settings());
    assertCounts(out, TRAIN_AND_DEV, 0, TRAIN_AND_DEV, 0, true);
    assertSameModel(out, train("without", settings().set("featureCache=none")));
    assertEquals("a file", Files.readString(cache));
  }

  @Test
  void twoTrainingsShareADirectoryAtOnce() throws Exception {
    var alone = train("alone", settings().set("featureCache=none"));
    var pool = Executors.newFixedThreadPool(2);
    try {
      var a = pool.submit(() -> train("a", settings()));
      var b = pool.submit(() -> train("b", settings()));
      assertSameModel(alone, a.get());
      assertSameModel(alone, b.get());
    } finally {
      pool.shutdown();
    }
    assertCounts(train("warm", settings()), 0, TRAIN_AND_DEV, 0, 0, false);
    assertTrue(shards().size() <= 2, "shards " + shards());
  }

  @Test
  void anEncoderThatIsTrainedLeavesNothingThere() throws IOException {
    train("trained", settings().set("image.frozen=false"));
    assertFalse(Files.exists(cache));
  }
}
