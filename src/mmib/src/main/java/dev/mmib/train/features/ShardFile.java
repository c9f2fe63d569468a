package dev.mmib.train.features;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shard as it lies on disk, whoever made it.
 *
 * @param used when it was written or read last, as far as readers were allowed to say so
 */
record ShardFile(Path path, long size, FileTime used) {

  private static final Logger LOG = LoggerFactory.getLogger(ShardFile.class);

  static final Comparator<ShardFile> OLDEST_FIRST =
      Comparator.comparing(ShardFile::used).thenComparing(ShardFile::path);

  /** Empty if somebody deleted it meanwhile. */
  static Optional<ShardFile> of(Path path) throws IOException {
    try {
      var found = Files.readAttributes(path, BasicFileAttributes.class);
      return Optional.of(new ShardFile(path, found.size(), found.lastModifiedTime()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  static void touch(Path path) {
    try {
      Files.setLastModifiedTime(path, FileTime.from(Instant.now()));
    } catch (IOException e) {
      LOG.debug("{}: may be deleted early: {}", path, e.toString());
    }
  }

  /** Whether it is gone. */
  boolean delete() {
    try {
      Files.deleteIfExists(path);
      Files.deleteIfExists(path.resolveSibling(path.getFileName() + ShardWriter.LOCK));
      return true;
    } catch (IOException e) {
      LOG.debug("{}: cannot be deleted: {}", path, e.toString());
      return false;
    }
  }
}
