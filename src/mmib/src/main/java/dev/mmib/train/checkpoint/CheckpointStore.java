package dev.mmib.train.checkpoint;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.FileTree;
import dev.mmib.io.IoFailure;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one training, which a kill at any moment leaves readable.
 *
 * <pre>
 *   ckpt-40/               its files, and manifest.json with their lengths and digests
 *   ckpt-60/
 *   ckpt-60.tmp-…/         being written or deleted; what a killed process left
 *   latest                 "ckpt-60"
 * </pre>
 *
 * <p>A checkpoint is written under another name, its manifest last; everything is forced to the
 * disk before the directory is moved to its name at once, and the move is forced too. Only then are
 * older ones removed. On reading nothing is believed: the newest step whose every file has the
 * digest of its manifest is taken.
 *
 * <p>It knows files and facts, not what is in them. For one thread, and one process at a time.
 */
public final class CheckpointStore {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);

  private final Path directory;
  private final int kept;

  /** By name, whether a checkpoint was found good or damaged; those saved here are good. */
  private final Map<String, Boolean> good = new HashMap<>();

  private CheckpointStore(Path directory, int kept) {
    this.directory = directory;
    this.kept = kept;
  }

  /**
   * The store in a directory, which is made when the first checkpoint is saved.
   *
   * @param kept how many good checkpoints stay, at least 2
   */
  public static CheckpointStore of(Path directory, int kept) {
    if (kept < 2) {
      throw new IllegalArgumentException(
          "checkpoints: " + kept + " kept vs at least 2: the newest may turn out damaged");
    }
    return new CheckpointStore(directory, kept);
  }

  /**
   * Saves a checkpoint; when this returns, it is on the disk. A step that was saved before may be
   * saved again.
   *
   * @param files by plain file name
   * @param facts what the manifest is to remember
   * @throws MmibException when that failed; the checkpoints before it are as they were
   */
  public Checkpoint save(long step, Map<String, AtomicFile.Content> files, JsonObject facts) {
    requireNames(step, files);
    try {
      if (!Files.isDirectory(directory)) {
        makeDirectory();
      }
      removeLeftovers();
      var place = Place.next(directory, step, Place.all(directory));
      var manifest = write(place, files, facts);
      good.put(place.name(), true);
      LatestPointer.set(directory, place);
      removeOlder(place);
      return checkpoint(place, manifest);
    } catch (IOException e) {
      throw notSaved(step, e);
    }
  }

  /**
   * The newest checkpoint that is whole. Damaged ones are passed over, with a warning each.
   *
   * @throws MmibException when the newest was written in another version of the format, or the
   *     directory was tampered with
   */
  public Optional<Checkpoint> newest() {
    if (!Files.exists(directory)) {
      return Optional.empty();
    }
    LatestPointer.check(directory);
    try {
      for (var place : Place.all(directory)) {
        try {
          var manifest = verify(place);
          good.put(place.name(), true);
          return Optional.of(checkpoint(place, manifest));
        } catch (MmibException e) {
          if (e.code() != ErrorCode.CHECKPOINT) {
            throw e;
          }
          good.put(place.name(), false);
          LOG.warn("{}: passed over: {}", place.name(), e.getMessage());
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw MmibException.in(
              directory.toString(),
              ErrorCode.CHECKPOINT,
              "cannot be read: " + IoFailure.reason(e),
              "Check that it is a directory, and its permissions.")
          .causedBy(e);
    }
  }

  private static Checkpoint checkpoint(Place place, Manifest manifest) {
    return new Checkpoint(
        place.directory(), place.step(), manifest.facts(), manifest.files().keySet());
  }

  private static Manifest verify(Place place) {
    var manifest = Manifest.read(place.directory());
    if (manifest.step() != place.step()) {
      throw MmibException.in(
          place.directory().toString(),
          ErrorCode.CHECKPOINT,
          "holds the checkpoint of step " + manifest.step(),
          "It was renamed; give it its name back.");
    }
    manifest.requireDigests(place.directory());
    return manifest;
  }

  private static void requireNames(long step, Map<String, AtomicFile.Content> files) {
    if (step < 0 || step > Place.LAST_STEP) {
      throw new IllegalArgumentException(
          "checkpoints: step " + step + " vs one from 0 to " + Place.LAST_STEP);
    }
    for (var name : files.keySet()) {
      if (!Manifest.isFileName(name)) {
        throw new IllegalArgumentException(
            "checkpoints: file " + MmibException.quote(name) + " vs a plain file name");
      }
    }
  }

  private void makeDirectory() throws IOException {
    Files.createDirectories(directory);
    var parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      AtomicFile.force(parent);
    }
  }

  private Manifest write(Place place, Map<String, AtomicFile.Content> files, JsonObject facts)
      throws IOException {
    var temporary = unfinished(place);
    try {
      Files.createDirectory(temporary);
      var entries = new TreeMap<String, Manifest.Entry>();
      for (var file : files.entrySet()) {
        entries.put(file.getKey(), write(temporary.resolve(file.getKey()), file.getValue()));
      }
      var manifest = writeManifest(temporary, new Manifest(place.step(), entries, facts));
      AtomicFile.force(temporary);
      AtomicFile.move(temporary, place.directory());
      return manifest;
    } catch (IOException | RuntimeException e) {
      try {
        FileTree.delete(temporary);
      } catch (IOException leftover) {
        e.addSuppressed(leftover); // the next save removes it
      }
      throw e;
    }
  }

  private static Manifest.Entry write(Path file, AtomicFile.Content content) throws IOException {
    var entry = new Manifest.Entry[1];
    AtomicFile.writeForced(
        file,
        channel -> {
          var digested = new Digested(channel);
          content.writeTo(digested);
          entry[0] = digested.entry();
        });
    return entry[0];
  }

  /** Writes it and gives back what will be read. */
  private static Manifest writeManifest(Path temporary, Manifest manifest) throws IOException {
    var bytes = manifest.bytes();
    if (bytes.length > Json.LARGEST_FILE) {
      throw new IllegalArgumentException(
          "checkpoints: facts of "
              + bytes.length
              + " bytes vs at most "
              + Json.LARGEST_FILE
              + ": put them into a file");
    }
    var file = temporary.resolve(Manifest.NAME);
    var read = Manifest.parse(bytes, file);
    AtomicFile.writeForced(file, AtomicFile.Content.of(bytes));
    return read;
  }

  private Path unfinished(Place place) {
    return directory.resolve(place.name() + ".tmp-" + UUID.randomUUID());
  }

  private void removeLeftovers() throws IOException {
    for (var entry : FileTree.entries(directory)) {
      if (Place.isUnfinished(entry) || AtomicFile.isTemporary(entry)) {
        FileTree.delete(entry);
      }
    }
  }

  /** Removes all beyond the newest good ones; those that were not written here are read first. */
  private void removeOlder(Place saved) throws IOException {
    int found = 0;
    for (var place : Place.all(directory)) {
      if (found < kept) {
        found += good.computeIfAbsent(place.name(), name -> isGood(place)) ? 1 : 0;
      } else if (!place.name().equals(saved.name())) {
        remove(place);
      }
    }
  }

  private static boolean isGood(Place place) {
    try {
      verify(place);
      return true;
    } catch (MmibException e) {
      if (e.code() != ErrorCode.CHECKPOINT && e.code() != ErrorCode.CHECKPOINT_VERSION) {
        throw e;
      }
      LOG.warn("{}: not counted among those kept: {}", place.name(), e.getMessage());
      return false;
    }
  }

  /** Under another name first: what is half deleted must not look like a checkpoint. */
  private void remove(Place place) throws IOException {
    var leaving = unfinished(place);
    AtomicFile.move(place.directory(), leaving);
    FileTree.delete(leaving);
    good.remove(place.name());
  }

  private MmibException notSaved(long step, IOException e) {
    var failed = "saving the checkpoint of step " + step + " failed: ";
    var hint = "The checkpoints before it are as they were.";
    if (e instanceof ClosedByInterruptException || e instanceof InterruptedIOException) {
      return MmibException.in(
              directory.toString(), ErrorCode.CANCELLED, failed + "interrupted", hint)
          .causedBy(e);
    }
    if (e instanceof AtomicMoveNotSupportedException) {
      return MmibException.in(
              directory.toString(),
              ErrorCode.CHECKPOINT_NOT_SAVED,
              failed + "this file system does not move a directory at once",
              "Without that a kill could leave half a checkpoint: write to a local disk. " + hint)
          .causedBy(e);
    }
    return MmibException.in(
            directory.toString(),
            ErrorCode.CHECKPOINT_NOT_SAVED,
            failed + IoFailure.reason(e),
            "Check the directory, its permissions and the free space. " + hint)
        .causedBy(e);
  }
}
