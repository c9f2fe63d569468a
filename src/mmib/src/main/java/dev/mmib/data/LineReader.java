package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.InputFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * The lines of a UTF-8 file, one at a time, in memory that the longest line decides.
 *
 * <p>A line ends at a line feed, a carriage return, or both; other separators of Unicode belong to
 * the text. A byte order mark is left out. The file must keep its size while it is read.
 */
final class LineReader implements AutoCloseable {

  static final int LONGEST_LINE = 16 << 20;

  private final Path path;
  private final ErrorCode code;
  private final FileChannel channel;
  private final long size;
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).limit(0);
  private byte[] line = new byte[256];
  private int length;
  private int number;
  private boolean ended;
  private boolean afterReturn;

  LineReader(Path path, ErrorCode code) {
    this.path = path;
    this.code = code;
    this.channel = InputFile.open(path, code);
    try {
      this.size = channel.size();
      fill();
      refuseOtherFormats();
    } catch (IOException e) {
      throw closing(failed(e));
    } catch (MmibException e) {
      throw closing(e);
    }
  }

  private MmibException closing(MmibException cause) {
    try {
      channel.close();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
    return cause;
  }

  private MmibException failed(IOException e) {
    return MmibException.at(
            path.toString(), "line " + (number + 1), ErrorCode.IO, "the file cannot be read", "")
        .causedBy(e);
  }

  /** The first bytes of what is often mistaken for text. */
  private void refuseOtherFormats() {
    int count = Math.min(buffer.remaining(), 16);
    String head = new String(buffer.array(), buffer.position(), count, StandardCharsets.ISO_8859_1);
    String lower = head.stripLeading().toLowerCase(Locale.ROOT);
    String found = null;
    if (head.startsWith("\u001f\u008b")) {
      found = "gzip";
    } else if (head.startsWith("PK\u0003\u0004")) {
      found = "a zip archive or a spreadsheet";
    } else if (lower.startsWith("<!doctype") || lower.startsWith("<html")) {
      found = "a web page";
    } else if (head.startsWith("\u00ff\u00fe") || head.startsWith("\u00fe\u00ff")) {
      found = "UTF-16";
    }
    if (found != null) {
      throw MmibException.in(
          path.toString(),
          code,
          "the content is " + found + ", not UTF-8 text",
          "Give the plain text file of the data set.");
    }
    if (head.startsWith("\u00ef\u00bb\u00bf")) {
      buffer.position(buffer.position() + 3);
    }
  }

  private boolean fill() throws IOException {
    buffer.clear();
    int read = channel.read(buffer);
    buffer.flip();
    return read > 0;
  }

  /** Goes on to the next line; false at the end of the file. */
  boolean advance() {
    if (ended) {
      return false;
    }
    try {
      return readLine();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private boolean readLine() throws IOException {
    length = 0;
    boolean any = false;
    while (buffer.hasRemaining() || fill()) {
      int start = buffer.position();
      if (afterReturn && buffer.get(start) == '\n') {
        buffer.position(start + 1);
        afterReturn = false;
        continue;
      }
      afterReturn = false;
      any = true;
      int end = start;
      while (end < buffer.limit() && buffer.get(end) != '\n' && buffer.get(end) != '\r') {
        end++;
      }
      append(start, end);
      if (end < buffer.limit()) {
        afterReturn = buffer.get(end) == '\r';
        buffer.position(end + 1);
        number++;
        return true;
      }
      buffer.position(end);
    }
    ended = true;
    refuseChangedFile();
    number += any ? 1 : 0;
    return any;
  }

  private void append(int start, int end) {
    int more = end - start;
    refuseTooLong(length + more);
    if (length + more > line.length) {
      line = Arrays.copyOf(line, Math.max(length + more, 2 * line.length));
    }
    System.arraycopy(buffer.array(), start, line, length, more);
    length += more;
  }

  private void refuseTooLong(int length) {
    if (length > LONGEST_LINE) {
      throw MmibException.at(
          path.toString(),
          "line " + (number + 1),
          code,
          "a line of more than " + LONGEST_LINE + " bytes",
          "Give the plain text file of the data set.");
    }
  }

  private void refuseChangedFile() throws IOException {
    if (channel.size() != size || channel.position() != size) {
      throw MmibException.in(
          path.toString(),
          code,
          "the file changed from " + size + " to " + channel.size() + " bytes while being read",
          "Read it when it is complete.");
    }
  }

  /** The text of the line; refused where it is not UTF-8. */
  String text() {
    if (isAscii()) {
      return new String(line, 0, length, StandardCharsets.US_ASCII);
    }
    try {
      return InputFile.decode(Arrays.copyOf(line, length), path.toString(), code);
    } catch (MmibException e) {
      throw MmibException.at(
              path.toString(),
              place(),
              code,
              "the line is not UTF-8 (its " + e.position() + ")",
              "Save the file as UTF-8.")
          .causedBy(e);
    }
  }

  /** Whether the line begins with these ASCII characters. */
  boolean startsWith(String ascii) {
    for (int i = 0; i < ascii.length(); i++) {
      if (i >= length || line[i] != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private boolean isAscii() {
    int bits = 0;
    for (int i = 0; i < length; i++) {
      bits |= line[i];
    }
    return bits >= 0;
  }

  /** The number of the line, from 1. */
  int number() {
    return number;
  }

  String place() {
    return "line " + number;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw failed(e);
    }
  }
}
