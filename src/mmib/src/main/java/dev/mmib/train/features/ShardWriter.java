package dev.mmib.train.features;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The right to append to a shard, which one holder on the machine has at a time.
 *
 * <p>It is a lock on a file beside the shard: on POSIX a process that closes any channel of a file
 * gives up its locks on it, and the shard itself is opened by readers too. For the same reason
 * those of this process are known by name before anything is opened.
 */
final class ShardWriter implements AutoCloseable {

  static final String LOCK = ".lock";

  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path key;
  private final FileChannel lock;
  private final Shard shard;

  private ShardWriter(Path key, FileChannel lock, Shard shard) {
    this.key = key;
    this.lock = lock;
    this.shard = shard;
  }

  /** Opens a shard. */
  @FunctionalInterface
  interface Opening {
    /** Null if the file turns out to be no shard of ours. */
    @Nullable Shard open(Path file) throws IOException;
  }

  /** Takes the right to write a shard and opens it; null if somebody else writes it. */
  static @Nullable ShardWriter of(Path file, Opening opening) throws IOException {
    var key = file.toAbsolutePath().normalize();
    if (!HELD.add(key)) {
      return null;
    }
    FileChannel lock = null;
    ShardWriter writer = null;
    try {
      lock =
          FileChannel.open(
              file.resolveSibling(file.getFileName() + LOCK),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      var shard = lock.tryLock() == null ? null : opening.open(file);
      writer = shard == null ? null : new ShardWriter(key, lock, shard);
      return writer;
    } catch (OverlappingFileLockException e) {
      return null; // this process holds it by another name of the file
    } finally {
      if (writer == null) {
        HELD.remove(key);
        if (lock != null) {
          lock.close();
        }
      }
    }
  }

  Shard shard() {
    return shard;
  }

  /** Lets others write the shard, which stays open for reading. */
  @Override
  public void close() throws IOException {
    try {
      lock.close();
    } finally {
      HELD.remove(key);
    }
  }
}
