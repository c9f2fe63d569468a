package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.file.Path;

/**
 * Strict JSON (RFC 8259): reading and writing.
 *
 * <p>Refused, with line and column: anything that is not JSON (comments, trailing commas, NaN, …),
 * trailing text, duplicate keys, nesting deeper than {@value #DEEPEST}, more than {@value
 * #MOST_VALUES} values, more than {@value #MOST_KEYS} keys in an object, numbers of more than
 * {@value #LONGEST_NUMBER} characters, strings of more than {@value #LONGEST_STRING}, and strings
 * with half a surrogate pair. Numbers keep their digits, so that 64-bit integers are exact.
 */
public final class Json {

  static final int DEEPEST = 64;
  static final int MOST_VALUES = 2_000_000;
  static final int MOST_KEYS = 500_000;
  static final int LONGEST_NUMBER = 1000;
  static final int LONGEST_STRING = 8 << 20;

  /** The longest file that {@link #read} takes, in bytes. */
  public static final int LARGEST_FILE = 16 << 20;

  private static final String HEX = "0123456789abcdef";

  private Json() {}

  /** Parses a configuration file's text; its errors are {@link ErrorCode#CONFIG}. */
  public static JsonValue parse(String text, String file) {
    return parse(text, file, ErrorCode.CONFIG);
  }

  /**
   * Parses {@code text}; a byte order mark at its start is skipped.
   *
   * @param file what errors name as the place
   * @param code what errors are
   */
  public static JsonValue parse(String text, String file, ErrorCode code) {
    int start = !text.isEmpty() && text.charAt(0) == '\uFEFF' ? 1 : 0;
    return new JsonParser(text, start, 1, new JsonValue.Origin(file, code)).document();
  }

  /**
   * Parses one line of a file of documents.
   *
   * @param number of the line, from 1, for the places in errors
   */
  public static JsonValue parseLine(String line, int number, String file, ErrorCode code) {
    return new JsonParser(line, 0, number, new JsonValue.Origin(file, code)).document();
  }

  /** Reads a file of at most {@value #LARGEST_FILE} bytes of UTF-8. */
  public static JsonValue read(Path file, ErrorCode code) {
    var text = InputFile.text(file, LARGEST_FILE, code);
    if (text.isBlank()) {
      throw MmibException.in(
          file.toString(), code, "the file is empty", "Put a JSON document into it.");
    }
    if (text.length() > 1 && (text.charAt(0) == 0 || text.charAt(1) == 0)) {
      throw MmibException.at(
          file.toString(), "byte 0", code, "is UTF-16, not UTF-8", "Save the file as UTF-8.");
    }
    return parse(text, file.toString(), code);
  }

  /** The value on one line, without spaces. */
  public static String write(JsonValue value) {
    var out = new StringBuilder();
    append(out, value, -1);
    return out.toString();
  }

  /** The value over several lines, indented by two spaces, with a final newline. */
  public static String writeIndented(JsonValue value) {
    var out = new StringBuilder();
    append(out, value, 0);
    return out.append('\n').toString();
  }

  // Recursion is bounded by what programs build; parsed values are at most DEEPEST deep.
  private static void append(StringBuilder out, JsonValue value, int indent) {
    int inner = indent < 0 ? -1 : indent + 1;
    if (value instanceof JsonObject object) {
      var separator = "{";
      for (var member : object.members().entrySet()) {
        newLine(out.append(separator), inner);
        appendString(out, member.getKey());
        out.append(indent < 0 ? ":" : ": ");
        append(out, member.getValue(), inner);
        separator = ",";
      }
      close(out, object.size() == 0, "{", "}", indent);
    } else if (value instanceof JsonArray array) {
      var separator = "[";
      boolean flat = indent >= 0 && array.items().stream().allMatch(JsonScalar.class::isInstance);
      for (var item : array) {
        out.append(separator);
        if (!flat) {
          newLine(out, inner);
        }
        append(out, item, inner);
        separator = flat ? ", " : ",";
      }
      close(out, array.isEmpty(), "[", "]", flat ? -1 : indent);
    } else if (value instanceof JsonScalar scalar) {
      if (scalar.kind() == JsonScalar.Kind.STRING) {
        appendString(out, scalar.text());
      } else {
        out.append(scalar.text());
      }
    }
  }

  private static void close(
      StringBuilder out, boolean empty, String opening, String closing, int indent) {
    if (empty) {
      out.append(opening);
    } else {
      newLine(out, indent);
    }
    out.append(closing);
  }

  private static void newLine(StringBuilder out, int indent) {
    if (indent >= 0) {
      out.append('\n').append("  ".repeat(indent));
    }
  }

  /**
   * Appends a JSON string. Half a surrogate pair is written as an escape, because UTF-8 cannot hold
   * it; everything else above the control characters is written as it is.
   */
  static void appendString(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          boolean pair =
              Character.isHighSurrogate(c)
                  && i + 1 < text.length()
                  && Character.isLowSurrogate(text.charAt(i + 1));
          if (pair) {
            out.append(c).append(text.charAt(++i));
          } else if (c < 0x20 || Character.isSurrogate(c)) {
            out.append("\\u");
            for (int shift = 12; shift >= 0; shift -= 4) {
              out.append(HEX.charAt((c >> shift) & 15));
            }
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
