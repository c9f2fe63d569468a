package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Opening and reading files that users name.
 *
 * <p>Only regular files are opened: a directory, a pipe or a device is refused, so that nothing
 * waits for ever. Every failure is an {@link MmibException} that names the file.
 */
public final class InputFile {

  private static final int LARGEST_RUN = 1 << 19;

  private InputFile() {}

  /** Opens a regular file for reading. */
  public static FileChannel open(Path file, ErrorCode code) {
    try {
      var kind = Files.readAttributes(file, BasicFileAttributes.class);
      if (!kind.isRegularFile()) {
        throw MmibException.in(
            file.toString(),
            code,
            kind.isDirectory() ? "is a directory, not a file" : "is not a regular file",
            "Name a regular file.");
      }
      return FileChannel.open(file, StandardOpenOption.READ);
    } catch (IOException e) {
      throw failed(file, code, e);
    }
  }

  /** All bytes of a file that has at most {@code limit} of them. */
  public static byte[] bytes(Path file, int limit, ErrorCode code) {
    try (var channel = open(file, code)) {
      long size = channel.size();
      if (size > limit) {
        throw MmibException.in(
            file.toString(),
            code,
            "has " + size + " bytes, at most " + limit + " are read",
            "Check that this is the file you meant.");
      }
      var bytes = ByteBuffer.allocate((int) size);
      readFully(channel, 0, bytes, file, code);
      return bytes.array();
    } catch (IOException e) {
      throw failed(file, code, e);
    }
  }

  /** The text of a UTF-8 file of at most {@code limit} bytes, its byte order mark included. */
  public static String text(Path file, int limit, ErrorCode code) {
    return decode(bytes(file, limit, code), file.toString(), code);
  }

  /** Decodes UTF-8 and refuses what is not, naming the byte. */
  public static String decode(byte[] utf8, String file, ErrorCode code) {
    var bytes = ByteBuffer.wrap(utf8);
    var decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    var run = CharBuffer.allocate(Math.min(1 << 13, utf8.length + 1));
    try {
      // What it decodes to is forgotten: as a string it takes half the memory.
      for (var result = CoderResult.OVERFLOW; !result.isUnderflow(); run.clear()) {
        result = decoder.decode(bytes, run, true);
        if (result.isError()) {
          result.throwException();
        }
      }
      return new String(utf8, StandardCharsets.UTF_8);
    } catch (CharacterCodingException e) {
      boolean utf16 =
          utf8.length >= 2
              && ((utf8[0] == (byte) 0xFF && utf8[1] == (byte) 0xFE)
                  || (utf8[0] == (byte) 0xFE && utf8[1] == (byte) 0xFF)
                  || utf8[0] == 0
                  || utf8[1] == 0);
      throw MmibException.at(
              file,
              "byte " + bytes.position(),
              code,
              utf16 ? "is UTF-16, not UTF-8" : "is not UTF-8",
              "Save the file as UTF-8.")
          .causedBy(e);
    }
  }

  /** Fills {@code to} with the bytes from {@code position}; refuses a file that ends before. */
  public static void readFully(
      FileChannel channel, long position, ByteBuffer to, Path file, ErrorCode code) {
    try {
      int end = to.limit();
      while (to.position() < end) {
        // Java reads to the heap by way of memory of the same size outside, which it keeps.
        to.limit(to.isDirect() ? end : Math.min(end, to.position() + LARGEST_RUN));
        int n = channel.read(to, position);
        to.limit(end);
        if (n < 0) {
          throw MmibException.at(
              file.toString(),
              "byte " + position,
              code,
              "ends here, " + to.remaining() + " bytes too early",
              "It was cut while being read; copy it again.");
        }
        position += n;
      }
    } catch (IOException e) {
      throw failed(file, code, e);
    }
  }

  /** The library's error for a failed read of {@code file}. */
  public static MmibException failed(Path file, ErrorCode code, IOException e) {
    var name = file.toString();
    if (e instanceof NoSuchFileException) {
      return MmibException.in(name, code, "no such file", "Check the path.").causedBy(e);
    }
    if (e instanceof AccessDeniedException) {
      return MmibException.in(name, code, "no permission to read it", "Check its permissions.")
          .causedBy(e);
    }
    if (e instanceof AsynchronousCloseException) { // of this thread's interrupt, or a helper's
      return MmibException.in(name, ErrorCode.CANCELLED, "interrupted while reading", "")
          .causedBy(e);
    }
    if (e instanceof ClosedChannelException) {
      return MmibException.in(
              name, ErrorCode.CLOSED, "used after it was closed", "Read it while it is open.")
          .causedBy(e);
    }
    return MmibException.in(name, code, "cannot be read: " + IoFailure.reason(e), "Check the path.")
        .causedBy(e);
  }
}
