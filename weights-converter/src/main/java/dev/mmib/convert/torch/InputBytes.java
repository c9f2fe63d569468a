package dev.mmib.convert.torch;

import dev.mmib.convert.pickle.ByteSource;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.InputFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** A file held open, whose bytes are read at positions; its size is that of when it was opened. */
final class InputBytes implements ByteSource, AutoCloseable {

  private final Path file;
  private final FileChannel channel;
  private final long size;

  private InputBytes(Path file, FileChannel channel, long size) {
    this.file = file;
    this.channel = channel;
    this.size = size;
  }

  static InputBytes open(Path file) {
    var channel = InputFile.open(file, ErrorCode.TORCH_FILE);
    boolean opened = false;
    try {
      var bytes = new InputBytes(file, channel, channel.size());
      opened = true;
      return bytes;
    } catch (IOException e) {
      throw InputFile.failed(file, ErrorCode.TORCH_FILE, e);
    } finally {
      if (!opened) {
        close(channel, file);
      }
    }
  }

  /** The file as the user named it. */
  String name() {
    return file.toString();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long at, ByteBuffer to) {
    if (!channel.isOpen()) {
      throw MmibException.in(
          name(),
          ErrorCode.CLOSED,
          "was closed before its tensors were read",
          "Read them while the file is open.");
    }
    InputFile.readFully(channel, at, to, file, ErrorCode.TORCH_FILE);
  }

  /** At most {@code most} bytes from {@code at}, fewer where the file ends; little-endian. */
  ByteBuffer upTo(int most, long at) {
    var bytes = ByteBuffer.allocate((int) Math.min(most, size - at));
    read(at, bytes);
    return bytes.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  MmibException refused(String position, String what, String hint) {
    return MmibException.at(name(), position, ErrorCode.TORCH_FILE, what, hint);
  }

  MmibException refused(String what, String hint) {
    return MmibException.in(name(), ErrorCode.TORCH_FILE, what, hint);
  }

  @Override
  public void close() {
    close(channel, file);
  }

  private static void close(FileChannel channel, Path file) {
    try {
      channel.close();
    } catch (IOException e) {
      throw InputFile.failed(file, ErrorCode.IO, e);
    }
  }
}
