package dev.mmib.train;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.FileTree;
import dev.mmib.io.IoFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * The directory that a training writes, held by one process at a time.
 *
 * <pre>
 *   model/          the best model so far
 *   checkpoints/    where the training stands
 *   .model-part     a model that is being written
 *   .model-new      one that is whole and on its way to model/
 *   .model-old      the one before it
 * </pre>
 */
public final class OutputDirectory implements AutoCloseable {

  private static final String MODEL = "model";
  private static final String CHECKPOINTS = "checkpoints";
  private static final String PART = ".model-part";
  private static final String FRESH = ".model-new";
  private static final String OLD = ".model-old";

  private final Path path;
  private final OutputLock lock;

  private OutputDirectory(Path path, OutputLock lock) {
    this.path = path;
    this.lock = lock;
  }

  /** Makes the directory, or takes one that exists. */
  public static OutputDirectory open(Path path, Existing existing) {
    try {
      refuseUnusable(path, existing);
      if (!Files.isDirectory(path)) {
        Files.createDirectories(path);
        var parent = path.toAbsolutePath().getParent();
        if (parent != null) {
          AtomicFile.force(parent);
        }
      }
      var directory = new OutputDirectory(path, OutputLock.take(path));
      directory.tidy(existing);
      return directory;
    } catch (IOException e) {
      throw failed(path, e);
    }
  }

  /** Refuses what {@link #open} would, without making or changing anything. */
  static void requireUsable(Path path, Existing existing) {
    try {
      refuseUnusable(path, existing);
    } catch (IOException e) {
      throw failed(path, e);
    }
  }

  private static void refuseUnusable(Path path, Existing existing) throws IOException {
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw MmibException.in(
          path.toString(), ErrorCode.OUTPUT_EXISTS, "is a file", "Name a directory.");
    }
    if (existing == Existing.REFUSE && Files.exists(path) && !isEmpty(path)) {
      throw MmibException.in(
          path.toString(),
          ErrorCode.OUTPUT_EXISTS,
          "exists and is not empty",
          "Name another directory, or give --overwrite or --resume.");
    }
    if (existing.isResuming() && !Files.exists(path)) {
      throw MmibException.in(
          path.toString(),
          ErrorCode.OUTPUT_EXISTS,
          "no such directory, so there is nothing to resume",
          "Name the directory of an earlier training.");
    }
  }

  private static boolean isEmpty(Path path) throws IOException {
    // A lock may be what is left of a training that was refused.
    return FileTree.entries(path).stream().allMatch(entry -> entry.endsWith(OutputLock.NAME));
  }

  private void tidy(Existing existing) throws IOException {
    boolean done = false;
    try {
      for (var entry : FileTree.entries(path)) {
        if (AtomicFile.isTemporary(entry)) {
          Files.delete(entry);
        }
      }
      if (existing == Existing.OVERWRITE) {
        removeEarlierResults();
      } else {
        finishReplacing();
      }
      done = true;
    } finally {
      if (!done) {
        lock.close();
      }
    }
  }

  /** Only what a training writes: other files of the user's stay. */
  private void removeEarlierResults() throws IOException {
    // First what could be resumed: half a removal must not look like a training.
    for (var name : List.of(CHECKPOINTS, FRESH, OLD, PART, MODEL)) {
      FileTree.delete(path.resolve(name));
    }
    var results =
        path.getFileSystem()
            .getPathMatcher(
                "glob:{metrics.jsonl,training.json,memory.json,loss.png,score.png,rate.png,"
                    + "events.out.tfevents.*}");
    for (var entry : FileTree.entries(path)) {
      if (results.matches(entry.getFileName())) {
        Files.delete(entry);
      }
    }
    AtomicFile.force(path);
  }

  public Path path() {
    return path;
  }

  /** Where the best model is. */
  public Path model() {
    return path.resolve(MODEL);
  }

  /** Where the checkpoints are. */
  public Path checkpoints() {
    return path.resolve(CHECKPOINTS);
  }

  /**
   * Puts a new model in the place of the one before; when this returns, it is on the disk. A kill
   * at any moment leaves one of the two, at the latest after the directory was opened again.
   */
  void replaceModel(Consumer<Path> writer) {
    var part = path.resolve(PART);
    try {
      FileTree.delete(part);
      writer.accept(part);
      AtomicFile.force(part);
      AtomicFile.move(part, path.resolve(FRESH));
      finishReplacing();
    } catch (IOException e) {
      throw failed(path, e);
    }
  }

  /** Does what is left to do; what is called {@value #FRESH} is whole. */
  private void finishReplacing() throws IOException {
    var fresh = path.resolve(FRESH);
    var old = path.resolve(OLD);
    FileTree.delete(path.resolve(PART));
    if (exists(fresh)) {
      if (exists(model())) {
        FileTree.delete(old);
        AtomicFile.move(model(), old);
      }
      AtomicFile.move(fresh, model());
    } else if (!exists(model()) && exists(old)) {
      AtomicFile.move(old, model());
    }
    FileTree.delete(old);
  }

  private static boolean exists(Path entry) {
    return Files.exists(entry, LinkOption.NOFOLLOW_LINKS);
  }

  private static MmibException failed(Path path, IOException e) {
    return MmibException.in(
            path.toString(),
            ErrorCode.IO,
            "cannot be written: " + IoFailure.reason(e),
            "Check the path, its permissions and the free space.")
        .causedBy(e);
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw failed(path, e);
    }
  }
}
