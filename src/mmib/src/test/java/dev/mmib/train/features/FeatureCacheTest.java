package dev.mmib.train.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.fault.Failure;
import dev.mmib.fault.FaultyFiles;
import dev.mmib.io.FileTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FeatureCacheTest {

  private static final int FLOATS = 5;
  private static final int RECORD = Shard.recordSize(FLOATS);
  private static final long PLENTY = 1 << 20;

  @TempDir Path parent;

  private Path directory() {
    return parent.resolve("cache");
  }

  private static byte[] fingerprint(int of) {
    var bytes = new byte[32];
    Arrays.fill(bytes, (byte) of);
    return bytes;
  }

  private FeatureCache open() {
    return open(directory(), PLENTY);
  }

  private static FeatureCache open(Path directory, long bound) {
    return FeatureCache.open(directory, fingerprint(7), FLOATS, bound);
  }

  private static String digest(int picture) {
    return PictureDigest.of(("picture " + picture).getBytes(StandardCharsets.UTF_8));
  }

  private static float[] features(int picture) {
    return new float[] {picture, -picture, 0.5f, Float.MIN_VALUE, picture / 3f};
  }

  private static void add(FeatureCache cache, int... pictures) {
    for (int picture : pictures) {
      cache.add(digest(picture), features(picture));
    }
  }

  private static void assertHas(FeatureCache cache, int picture) {
    assertArrayEquals(features(picture), cache.find(digest(picture)), "picture " + picture);
  }

  private Path shard() throws IOException {
    var shards = shards();
    assertEquals(1, shards.size(), "shards " + shards);
    return shards.get(0);
  }

  private List<Path> shards() throws IOException {
    var found = new ArrayList<Path>();
    for (var home : FileTree.entries(directory())) {
      if (Files.isDirectory(home)) {
        for (var file : FileTree.entries(home)) {
          if (file.toString().endsWith(".features")) {
            found.add(file);
          }
        }
      }
    }
    return found;
  }

  private void filled(int... pictures) {
    try (var cache = open()) {
      add(cache, pictures);
      assertNull(cache.failure());
    }
  }

  /** Every picture is right or absent, and what is absent is there once it was added again. */
  private static void assertRightOrAbsentAndHeals(Path directory, int pictures) {
    try (var cache = open(directory, PLENTY)) {
      for (int i = 0; i < pictures; i++) {
        if (cache.find(digest(i)) == null) {
          add(cache, i);
        }
        assertHas(cache, i);
      }
    }
    try (var cache = open(directory, PLENTY)) {
      for (int i = 0; i < pictures; i++) {
        assertHas(cache, i);
      }
    }
  }

  @Test
  void findsWhatAnEarlierRunAdded() {
    try (var cache = open()) {
      assertNull(cache.find(digest(1)));
      add(cache, 1, 2, 1);
      assertHas(cache, 1);
    }
    try (var cache = open()) {
      assertHas(cache, 1);
      assertHas(cache, 2);
      assertNull(cache.find(digest(3)));
      assertEquals(0, cache.damaged());
    }
  }

  @Test
  void appendsToTheShardThatIsThere() throws IOException {
    for (int i = 0; i < 5; i++) {
      filled(i);
    }
    assertEquals(Shard.HEADER + 5L * RECORD, Files.size(shard()));
  }

  @Test
  void keepsFeaturesOfOtherEncodersApart() {
    filled(1);
    try (var other = FeatureCache.open(directory(), fingerprint(8), FLOATS, PLENTY)) {
      assertNull(other.find(digest(1)));
      other.add(digest(1), new float[FLOATS]);
    }
    try (var cache = open()) {
      assertHas(cache, 1);
    }
  }

  @Test
  void noticesEveryBitThatFlips() throws IOException {
    filled(0, 1, 2);
    var good = Files.readAllBytes(shard());
    for (int bit = 0; bit < 8 * good.length; bit += 3) {
      var bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(shard(), bad);
      try (var cache = open()) {
        int wrong = 0;
        for (int i = 0; i < 3; i++) {
          var found = cache.find(digest(i));
          wrong += found == null ? 1 : 0;
          assertTrue(found == null || Arrays.equals(features(i), found), "bit " + bit);
        }
        assertTrue(wrong > 0, "bit " + bit + " changed nothing");
        assertTrue(cache.damaged() > 0, "bit " + bit + " was not counted");
      }
    }
  }

  @Test
  void losesNoMoreThanTheLastRecordWhenCutAnywhere() throws IOException {
    filled(0, 1, 2);
    var good = Files.readAllBytes(shard());
    for (int length = 0; length < good.length; length++) {
      Files.write(shard(), Arrays.copyOf(good, length));
      try (var cache = open()) {
        int whole = length < Shard.HEADER ? 0 : (length - Shard.HEADER) / RECORD;
        for (int i = 0; i < 3; i++) {
          assertEquals(i < whole, cache.find(digest(i)) != null, "length " + length);
        }
        add(cache, 0, 1, 2);
        boolean torn = length < Shard.HEADER || (length - Shard.HEADER) % RECORD > 0;
        assertEquals(torn, cache.damaged() > 0, "length " + length);
      }
      assertRightOrAbsentAndHeals(directory(), 3);
      FileTree.delete(directory());
      Files.createDirectories(directory());
      filled(0, 1, 2);
    }
  }

  @Test
  void usesNoRecordThatStandsInThePlaceOfAnother() throws IOException {
    filled(0, 1);
    var bytes = Files.readAllBytes(shard());
    int features = 4 * FLOATS + 4;
    int first = Shard.HEADER + RECORD - features;
    System.arraycopy(bytes, first + RECORD, bytes, first, features); // with its sum
    Files.write(shard(), bytes);
    try (var cache = open()) {
      assertNull(cache.find(digest(0)));
      assertHas(cache, 1);
    }
  }

  @Test
  void refusesFilesOfOtherVersionsAndLeavesForeignOnesAlone() throws IOException {
    filled(0);
    var file = shard();
    var bytes = Files.readAllBytes(file);
    bytes[8]++;
    Files.write(file, bytes);
    var foreign = file.resolveSibling("notes.txt");
    Files.writeString(foreign, "mine");
    Files.createDirectory(file.resolveSibling("x.features"));
    Files.writeString(directory().resolve("README"), "mine");
    try (var cache = open(directory(), 1000)) {
      assertNull(cache.find(digest(0)));
      assertEquals(1, cache.damaged());
      add(cache, IntStream.range(0, 40).toArray());
      assertNull(cache.failure());
    }
    assertFalse(Files.exists(file), "room was made");
    assertEquals("mine", Files.readString(foreign));
    assertEquals("mine", Files.readString(directory().resolve("README")));
  }

  @Test
  void staysWithinItsBoundAndForgetsWhatWasNotUsedForLongest() throws IOException {
    long bound = 8L * (Shard.HEADER + 2 * RECORD); // two records a shard
    try (var cache = open(directory(), bound)) {
      add(cache, IntStream.range(0, 10).toArray());
    }
    long second = 1000;
    for (var file : shards()) {
      Files.setLastModifiedTime(file, FileTime.fromMillis(second++));
    }
    try (var cache = open(directory(), bound)) {
      assertHas(cache, 4); // its shard is young again
      for (int i = 100; i < 130; i++) {
        add(cache, i);
        assertTrue(size() <= bound, "size " + size() + " vs " + bound);
        assertHas(cache, i);
      }
      assertNull(cache.failure());
    }
    try (var cache = open(directory(), bound)) {
      assertHas(cache, 129);
      assertNull(cache.find(digest(0)));
    }
  }

  private long size() throws IOException {
    long size = 0;
    for (var file : shards()) {
      size += Files.size(file);
    }
    return size;
  }

  @Test
  void readersGoOnWhenAnotherProcessDeletesWhatTheyRead() throws IOException {
    filled(0, 1);
    try (var cache = open()) {
      FileTree.delete(directory());
      assertHas(cache, 0);
      add(cache, 2);
      assertNotNull(cache.failure());
      assertHas(cache, 1);
    }
  }

  @ParameterizedTest
  @EnumSource(Failure.class)
  void survivesAFailureOfEveryOperation(Failure failure) throws IOException {
    int operations = operations(new FaultyFiles(), directory());
    assertTrue(operations >= 6, "operations " + operations);
    for (int n = 1; n <= operations; n++) {
      var home = parent.resolve("cache" + n);
      var faults = new FaultyFiles();
      faults.failAt(n, failure, true);
      try (var cache = open(faults.path(home), PLENTY)) {
        for (int i = 0; i < 3; i++) {
          add(cache, i);
          var found = cache.find(digest(i));
          assertTrue(found == null || Arrays.equals(features(i), found));
        }
        assertNotNull(cache.failure(), failure + " at " + n + " of " + faults.operations());
      }
      Thread.interrupted();
      assertEquals(0, faults.openChannels(), "channels left open: " + failure + " at " + n);
      assertRightOrAbsentAndHeals(home, 3);
    }
  }

  private static int operations(FaultyFiles faults, Path home) {
    try (var cache = open(faults.path(home), PLENTY)) {
      add(cache, 0, 1, 2);
    }
    return faults.operations().size();
  }

  @Test
  void saysWhenTheDirectoryIsAFile() throws IOException {
    Files.writeString(directory(), "a file");
    try (var cache = open()) {
      add(cache, 1);
      assertNull(cache.find(digest(1)));
      assertNotNull(cache.failure());
    }
  }

  @Test
  void manyWritersAtOnceLoseNothing() throws Exception {
    int writers = 6;
    var pool = Executors.newFixedThreadPool(writers);
    try {
      var jobs = new ArrayList<Callable<@Nullable String>>();
      for (int w = 0; w < writers; w++) {
        int first = 20 * w;
        jobs.add(
            () -> {
              try (var cache = open()) {
                for (int i = first; i < first + 60; i++) { // overlaps with the next two
                  add(cache, i);
                  assertHas(cache, i);
                }
                return cache.failure();
              }
            });
      }
      for (var done : pool.invokeAll(jobs)) {
        assertNull(done.get());
      }
    } finally {
      pool.shutdown();
    }
    try (var cache = open()) {
      for (int i = 0; i < 20 * (writers - 1) + 60; i++) {
        assertHas(cache, i);
      }
      assertEquals(0, cache.damaged());
    }
    assertTrue(shards().size() <= writers, "shards " + shards().size());
  }
}
