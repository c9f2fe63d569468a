package dev.mmib.error;

import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The only exception that loaders, parsers and devices throw for inputs and machines.
 *
 * <p>Its message reads {@code CODE: file: position: what. hint}; text taken from an input is
 * escaped and cut by {@link #quote}, and everything is escaped once more in the message.
 */
public final class MmibException extends RuntimeException {

  private static final long serialVersionUID = 1L;
  private static final int LONGEST_QUOTE = 64;
  private static final String SEPARATOR = ": ";

  private final ErrorCode code;
  private final @Nullable String file;
  private final @Nullable String position;
  private final String what;
  private final String hint;

  private MmibException(
      ErrorCode code,
      @Nullable String file,
      @Nullable String position,
      String what,
      String hint,
      @Nullable Throwable cause) {
    super(message(code, file, position, what, hint), cause);
    this.code = code;
    this.file = file;
    this.position = position;
    this.what = what;
    this.hint = hint;
  }

  /** An error that belongs to no file. */
  public static MmibException of(ErrorCode code, String what, String hint) {
    return new MmibException(code, null, null, what, hint, null);
  }

  /** An error in {@code file}, named as the user named it. */
  public static MmibException in(String file, ErrorCode code, String what, String hint) {
    return new MmibException(code, file, null, what, hint, null);
  }

  /** An error at a place in a file: {@code "line 12"}, {@code "byte 8"}, {@code "tensor 'x'"}. */
  public static MmibException at(
      String file, String position, ErrorCode code, String what, String hint) {
    return new MmibException(code, file, position, what, hint, null);
  }

  /** The same error, with the exception that led to it. */
  public MmibException causedBy(Throwable cause) {
    return new MmibException(code, file, position, what, hint, cause);
  }

  /** The whole message; there always is one. */
  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /** The message behind its code, for those who show the code by itself. */
  public String explanation() {
    return getMessage().substring((code + SEPARATOR).length());
  }

  public ErrorCode code() {
    return code;
  }

  public @Nullable String file() {
    return file;
  }

  public @Nullable String position() {
    return position;
  }

  public String what() {
    return what;
  }

  public String hint() {
    return hint;
  }

  /** {@code text} in single quotes, control characters escaped, at most 64 characters of it. */
  public static String quote(String text) {
    int length = text.codePointCount(0, text.length());
    int shown = text.offsetByCodePoints(0, Math.min(length, LONGEST_QUOTE));
    return "'" + escaped(text.substring(0, shown)) + (length > LONGEST_QUOTE ? "…'" : "'");
  }

  /** {@code text} with an escape for everything that is not seen as itself on a terminal. */
  private static String escaped(String text) {
    var out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (isPrintable(c)) {
                out.appendCodePoint(c);
              } else {
                out.append(String.format("\\u%04x", c));
              }
            });
    return out.toString();
  }

  private static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }

  /** {@code text} escaped line by line; whoever forgot to quote a name changes no terminal. */
  private static String lines(String text) {
    return text.lines().map(MmibException::escaped).collect(Collectors.joining("\n"));
  }

  private static String message(
      ErrorCode code, @Nullable String file, @Nullable String position, String what, String hint) {
    var out = new StringBuilder(code + SEPARATOR);
    if (file != null) {
      out.append(escaped(file)).append(": ");
    }
    if (position != null) {
      out.append(escaped(position)).append(": ");
    }
    out.append(lines(what));
    if (!hint.isEmpty()) {
      out.append(what.endsWith(".") ? " " : ". ").append(lines(hint));
    }
    return out.toString();
  }
}
