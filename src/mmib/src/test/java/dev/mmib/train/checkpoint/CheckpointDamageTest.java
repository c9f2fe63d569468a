package dev.mmib.train.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.fault.Warnings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bit flipped anywhere, and a file cut anywhere, is noticed. */
class CheckpointDamageTest {

  private static final int FLIPS_OF_A_FILE = 400;

  @TempDir Path parent;

  private Checkpoint newest;

  @BeforeEach
  void save() throws IOException {
    var store = SavedSteps.store(parent);
    SavedSteps.save(store, 1);
    newest = SavedSteps.save(store, 2);
  }

  @Test
  void k02NoticesEveryFlippedBit() throws IOException {
    var random = new Random(2);
    int flips = 0;
    for (var name : SavedSteps.FILES) {
      var file = newest.file(name);
      var whole = Files.readAllBytes(file);
      for (int i = 0; i < FLIPS_OF_A_FILE; i++, flips++) {
        requireNoticed(file, flipped(whole, random.nextInt(8 * whole.length)), name);
      }
      requireNoticed(file, flipped(whole, 0), name);
      requireNoticed(file, flipped(whole, 8 * whole.length - 1), name);
      Files.write(file, whole);
    }
    assertTrue(flips >= 1000);
    SavedSteps.requireRight(SavedSteps.store(parent).newest().orElseThrow(), 2);
  }

  @Test
  void k02NoticesEveryFlippedBitOfTheManifest() throws IOException {
    var file = newest.directory().resolve(Manifest.NAME);
    var whole = Files.readAllBytes(file);
    for (int bit = 0; bit < 8 * whole.length; bit++) {
      requireNoticed(file, flipped(whole, bit), Manifest.NAME);
    }
  }

  @Test
  void k01NoticesEveryCut() throws IOException {
    var names = new ArrayList<>(SavedSteps.FILES);
    names.add(Manifest.NAME);
    for (var name : names) {
      var file = newest.directory().resolve(name);
      var whole = Files.readAllBytes(file);
      for (int length = 0; length < whole.length; length += 4096) {
        requireNoticed(file, Arrays.copyOf(whole, length), name);
      }
      requireNoticed(file, Arrays.copyOf(whole, whole.length - 1), name);
      requireNoticed(file, Arrays.copyOf(whole, whole.length + 1), name);
      Files.write(file, whole);
    }
    SavedSteps.requireRight(SavedSteps.store(parent).newest().orElseThrow(), 2);
  }

  private static byte[] flipped(byte[] whole, int bit) {
    var bytes = whole.clone();
    bytes[bit / 8] ^= (byte) (1 << bit % 8);
    return bytes;
  }

  private void requireNoticed(Path file, byte[] damaged, String name) throws IOException {
    Files.write(file, damaged);
    try (var warnings = new Warnings("dev.mmib.train.checkpoint")) {
      var found = SavedSteps.store(parent).newest().orElseThrow();
      assertEquals(1, found.step());
      var given = warnings.take();
      assertEquals(1, given.size(), given.toString());
      assertTrue(given.get(0).contains(name), given.toString());
    }
  }

  @Test
  void keepsTheLastGoodOneWhileNewerOnesAreDamaged() throws IOException {
    var state = newest.file("state");
    Files.write(state, flipped(Files.readAllBytes(state), 77));
    var store = SavedSteps.store(parent); // without having looked for the newest

    SavedSteps.save(store, 3);
    assertEquals(List.of(1L, 2L, 3L), steps());
    SavedSteps.save(store, 4);
    assertEquals(List.of(3L, 4L), steps());
  }

  @Test
  void neverRemovesWhatItJustSaved() throws IOException {
    var store = SavedSteps.store(parent);
    SavedSteps.save(store, 100);
    SavedSteps.save(store, 50);
    SavedSteps.save(store, 3);
    assertEquals(List.of(3L, 50L, 100L), steps());
  }

  private List<Long> steps() throws IOException {
    return Place.all(SavedSteps.directory(parent)).stream().map(Place::step).sorted().toList();
  }
}
