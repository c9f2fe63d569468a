package dev.mmib.cli;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.io.JsonValue;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Where a command reads and writes.
 *
 * <p>Results go to {@code out}, everything else to {@code err}; both are UTF-8 wherever this runs.
 */
final class Console {

  /** Whoever read the results has gone, as {@code head} does: an end without a word. */
  static final class ReaderGone extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ReaderGone(IOException cause) {
      super(cause);
    }
  }

  private final InputStream in;
  private final OutputStream out;
  private final PrintWriter err;
  private final boolean terminal;

  Console(InputStream in, OutputStream out, OutputStream err, boolean terminal) {
    this.in = in;
    this.out = new BufferedOutputStream(out);
    this.err = new PrintWriter(err, true, StandardCharsets.UTF_8);
    this.terminal = terminal;
  }

  /** The process's own streams. */
  static Console system() {
    return new Console(
        System.in,
        new FileOutputStream(FileDescriptor.out),
        new FileOutputStream(FileDescriptor.err),
        Boolean.getBoolean("mmib.terminal"));
  }

  InputStream in() {
    return in;
  }

  PrintWriter err() {
    return err;
  }

  /** Whether a person watches standard error. */
  boolean isTerminal() {
    return terminal;
  }

  /** Writes a line of results. */
  void print(String line) {
    try {
      out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Writes a JSON object on one line. */
  void print(JsonValue value) {
    print(Json.write(value));
  }

  /** {@code text} without what would move a terminal's cursor or turn its letters around. */
  static String printable(String text) {
    var out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              int type = Character.getType(c);
              boolean odd =
                  type == Character.CONTROL
                      || type == Character.FORMAT
                      || type == Character.SURROGATE
                      || type == Character.LINE_SEPARATOR
                      || type == Character.PARAGRAPH_SEPARATOR;
              if (odd) {
                out.append("\\u").append(String.format(Locale.ROOT, "%04x", c));
              } else {
                out.appendCodePoint(c);
              }
            });
    return out.toString();
  }

  /** Tells the person who waits. */
  void tell(String line) {
    err.println(line);
  }

  void flush() {
    try {
      out.flush();
    } catch (IOException e) {
      throw failed(e);
    }
    err.flush();
  }

  private static RuntimeException failed(IOException e) {
    var message = String.valueOf(e.getMessage());
    if (message.contains("Broken pipe") || message.contains("Bad file descriptor")) {
      return new ReaderGone(e);
    }
    return MmibException.in(
            "standard output", ErrorCode.IO, "cannot be written: " + message, "Is the disk full?")
        .causedBy(e);
  }
}
