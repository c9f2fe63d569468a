package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * An open file that must stay as it is while it is read.
 *
 * <p>Reads are plain ones: a mapped file that shrinks would take the process with it. One that
 * changes its size or is written to meanwhile is refused; one that is replaced or deleted goes on
 * being read as it was. May be used by several threads.
 */
public final class StableFile implements AutoCloseable {

  private final Path path;
  private final ErrorCode code;
  private final FileChannel channel;
  private final long size;
  private final BasicFileAttributes opened;

  private StableFile(
      Path path, ErrorCode code, FileChannel channel, long size, BasicFileAttributes opened) {
    this.path = path;
    this.code = code;
    this.channel = channel;
    this.size = size;
    this.opened = opened;
  }

  /**
   * Opens a regular file.
   *
   * @param code of its failures
   */
  public static StableFile open(Path path, ErrorCode code) {
    var channel = InputFile.open(path, code);
    boolean opened = false;
    try {
      var attributes = Files.readAttributes(path, BasicFileAttributes.class);
      var file = new StableFile(path, code, channel, channel.size(), attributes);
      opened = true;
      return file;
    } catch (IOException e) {
      throw InputFile.failed(path, code, e);
    } finally {
      if (!opened) {
        close(channel, path);
      }
    }
  }

  public Path path() {
    return path;
  }

  /** Its bytes when it was opened. */
  public long size() {
    return size;
  }

  /** Fills {@code to} with the bytes from {@code position}. */
  public void read(long position, ByteBuffer to) {
    requireUnchanged();
    InputFile.readFully(channel, position, to, path, code);
    requireUnchanged();
  }

  /** The same without a look at whether the file has changed, for whoever looks now and then. */
  public void readUnwatched(long position, ByteBuffer to) {
    InputFile.readFully(channel, position, to, path, code);
  }

  /** Refuses a file that is not what it was when it was opened. */
  public void requireUnchanged() {
    try {
      long now = channel.size();
      if (now != size) {
        throw changed(now + " bytes vs " + size);
      }
      if (wasWrittenTo()) {
        throw changed("written to since it was opened");
      }
    } catch (IOException e) {
      throw InputFile.failed(path, code, e);
    }
  }

  private boolean wasWrittenTo() throws IOException {
    try {
      var now = Files.readAttributes(path, BasicFileAttributes.class);
      // Another file of that name is none of ours: the one that is open is as it was.
      return Objects.equals(now.fileKey(), opened.fileKey())
          && !now.lastModifiedTime().equals(opened.lastModifiedTime());
    } catch (NoSuchFileException e) {
      return false; // deleted, which those that have it open do not notice
    }
  }

  private MmibException changed(String how) {
    return MmibException.in(
        path.toString(),
        code,
        "changed while being read, " + how,
        "Wait until it is written, then load it again.");
  }

  @Override
  public void close() {
    close(channel, path);
  }

  private static void close(FileChannel channel, Path path) {
    try {
      channel.close();
    } catch (IOException e) {
      throw InputFile.failed(path, ErrorCode.IO, e);
    }
  }
}
