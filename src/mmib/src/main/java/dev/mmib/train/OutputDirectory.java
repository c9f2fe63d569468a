package dev.mmib.train;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The directory that a training writes, held by one process at a time. */
public final class OutputDirectory implements AutoCloseable {

  private static final String LOCK = ".lock";
  private static final String MODEL = "model";

  private final Path path;
  private final FileChannel channel;
  private final FileLock lock;

  private OutputDirectory(Path path, FileChannel channel, FileLock lock) {
    this.path = path;
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * Makes the directory, or takes one that exists.
   *
   * @param overwrite whether one that is not empty may be used; results of an earlier training are
   *     then removed
   */
  public static OutputDirectory open(Path path, boolean overwrite) {
    try {
      if (Files.exists(path) && !Files.isDirectory(path)) {
        throw MmibException.in(
            path.toString(), ErrorCode.OUTPUT_EXISTS, "is a file", "Name a directory.");
      }
      if (!overwrite && !isEmpty(path)) {
        throw MmibException.in(
            path.toString(),
            ErrorCode.OUTPUT_EXISTS,
            "exists and is not empty",
            "Name another directory, or give --overwrite.");
      }
      Files.createDirectories(path);
      var channel =
          FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      var lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw MmibException.in(
            path.toString(),
            ErrorCode.OUTPUT_EXISTS,
            "another process writes here",
            "Wait for it, or name another directory.");
      }
      var directory = new OutputDirectory(path, channel, lock);
      directory.removeEarlierResults();
      return directory;
    } catch (IOException e) {
      throw failed(path, e);
    }
  }

  private static boolean isEmpty(Path path) throws IOException {
    if (!Files.exists(path)) {
      return true;
    }
    try (var entries = Files.list(path)) {
      // A lock may be what is left of a training that was refused.
      return entries.allMatch(entry -> entry.endsWith(LOCK));
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // held by this very process: the caller refuses
    }
  }

  /** Only what a training writes: other files of the user's stay. */
  private void removeEarlierResults() throws IOException {
    for (var name : new String[] {MODEL, ".model-new", ".model-old"}) {
      delete(path.resolve(name));
    }
    try (var entries =
        Files.newDirectoryStream(
            path, "{metrics.jsonl,training.json,*.png,events.out.tfevents.*}")) {
      for (var entry : entries) {
        Files.delete(entry);
      }
    }
  }

  public Path path() {
    return path;
  }

  /** Where the best model is. */
  public Path model() {
    return path.resolve(MODEL);
  }

  /** Puts a new model in the place of the one before, which is there until the new one is whole. */
  void replaceModel(Consumer<Path> writer) {
    var fresh = path.resolve(".model-new");
    var old = path.resolve(".model-old");
    try {
      delete(fresh);
      writer.accept(fresh);
      delete(old);
      if (Files.exists(model())) {
        Files.move(model(), old, StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(fresh, model(), StandardCopyOption.ATOMIC_MOVE);
      delete(old);
    } catch (IOException e) {
      throw failed(path, e);
    }
  }

  private static void delete(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static MmibException failed(Path path, IOException e) {
    return MmibException.in(
            path.toString(),
            ErrorCode.IO,
            "cannot be written: " + e.getClass().getSimpleName(),
            "Check the path, its permissions and the free space.")
        .causedBy(e);
  }

  @Override
  public void close() {
    try {
      lock.release();
      channel.close();
      Files.deleteIfExists(path.resolve(LOCK));
    } catch (IOException e) {
      throw failed(path, e);
    }
  }
}
