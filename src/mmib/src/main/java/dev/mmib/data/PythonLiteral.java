package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Parser of one Python literal, or of one JSON value: dicts, lists, strings, numbers, constants.
 *
 * <p>Nothing is evaluated: names, calls, operators, sets, bytes and formatted strings are syntax
 * errors with their column. A text whose first string is in double quotes right after the opening
 * brace may be JSON, so that {@code true}, {@code null} and {@code \/} mean what they mean there.
 *
 * <p>Values: {@code Map<String, Object>}, {@code List<Object>} (tuples too), {@code String}, {@code
 * Long}, {@code Double}, {@code Boolean}, {@link #NONE}.
 */
final class PythonLiteral {

  /** Python's None, JSON's null. */
  static final Object NONE =
      new Object() {
        @Override
        public String toString() {
          return "None";
        }
      };

  private static final int DEEPEST = 32;

  private final String text;
  private final String file;
  private final int line;
  private final boolean json;
  private int at;
  private int depth;

  private PythonLiteral(String text, String file, int line) {
    this.text = text;
    this.file = file;
    this.line = line;
    this.json = text.stripLeading().matches("(?s)\\{\\s*\".*");
  }

  /** The value that a line of a file holds. */
  static Object parse(String text, String file, int line) {
    var parser = new PythonLiteral(text, file, line);
    Object value = parser.value();
    parser.skipBlanks();
    if (parser.at < text.length() && text.charAt(parser.at) != '#') {
      throw parser.error("more text after the value");
    }
    return value;
  }

  private MmibException error(String what) {
    return errorAt(at, what);
  }

  private MmibException errorAt(int place, String what) {
    String found =
        place < text.length()
            ? MmibException.quote(text.substring(place, Math.min(text.length(), place + 20)))
            : "the end of the line";
    int column = text.codePointCount(0, Math.min(place, text.length())) + 1;
    return MmibException.at(
        file,
        "line " + line + ":" + column,
        ErrorCode.MNRE,
        what + ", at " + found,
        "A row is a Python dict or a JSON object on one line.");
  }

  private void skipBlanks() {
    while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
      at++;
    }
  }

  private char peek() {
    skipBlanks();
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private boolean take(char c) {
    boolean there = peek() == c && at < text.length();
    if (there) {
      at++;
    }
    return there;
  }

  private Object value() {
    char c = peek();
    if (c == '{' || c == '[' || c == '(') {
      if (++depth > DEEPEST) {
        throw error("brackets nested deeper than " + DEEPEST);
      }
      at++;
      Object value = c == '{' ? dict() : list(c == '[' ? ']' : ')');
      depth--;
      return value;
    }
    if (startsString()) {
      return strings();
    }
    if (c == '-' || (c >= '0' && c <= '9') || c == '.') {
      return number();
    }
    return constant();
  }

  private Map<String, Object> dict() {
    var dict = new LinkedHashMap<String, Object>();
    while (!take('}')) {
      skipBlanks();
      int place = at;
      if (!startsString()) {
        throw error("expected a key in quotes");
      }
      String key = strings();
      if (!take(':')) {
        throw error("expected ':' after a key");
      }
      if (dict.put(key, value()) != null) {
        throw errorAt(place, "the key " + MmibException.quote(key) + " occurs twice");
      }
      if (!take(',') && peek() != '}') {
        throw error("expected ',' or '}'");
      }
    }
    return dict;
  }

  private Object list(char close) {
    var items = new ArrayList<Object>();
    boolean comma = false;
    while (!take(close)) {
      items.add(value());
      comma = take(',');
      if (!comma && peek() != close) {
        throw error("expected ',' or '" + close + "'");
      }
    }
    boolean parenthesized = close == ')' && items.size() == 1 && !comma;
    return parenthesized ? items.get(0) : List.copyOf(items);
  }

  private Object constant() {
    int end = at;
    while (end < text.length() && Character.isLetter(text.charAt(end))) {
      end++;
    }
    String name = text.substring(at, end);
    Object value =
        switch (name) {
          case "True" -> true;
          case "False" -> false;
          case "None" -> NONE;
          case "true", "false" -> json ? (Object) name.equals("true") : null;
          case "null" -> json ? NONE : null;
          default -> null;
        };
    if (value == null) {
      throw error("expected a value");
    }
    at = end;
    return value;
  }

  private Object number() {
    int end = at;
    while (end < text.length() && "+-.eE0123456789".indexOf(text.charAt(end)) >= 0) {
      end++;
    }
    String digits = text.substring(at, end);
    boolean whole = digits.matches("-?(0|[1-9][0-9]{0,17})");
    boolean real =
        digits.length() < 40 && digits.matches("-?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");
    boolean zeroPadded = digits.matches("-?0[0-9]+");
    boolean followed = end < text.length() && Character.isLetterOrDigit(text.charAt(end));
    if ((!whole && !real) || zeroPadded || followed) {
      throw error("expected a number");
    }
    at = end;
    return whole ? (Object) Long.valueOf(digits) : (Object) Double.valueOf(digits);
  }

  private boolean startsString() {
    char c = peek();
    if (c == '\'' || c == '"') {
      return true;
    }
    char next = at + 1 < text.length() ? text.charAt(at + 1) : '\0';
    return "uUrR".indexOf(c) >= 0 && (next == '\'' || next == '"');
  }

  /** One string, or several side by side that make one. */
  private String strings() {
    var out = new StringBuilder();
    do {
      string(out);
    } while (startsString());
    return out.toString();
  }

  private void string(StringBuilder out) {
    int start = at;
    boolean raw = "rR".indexOf(text.charAt(at)) >= 0;
    if (text.charAt(at) != '\'' && text.charAt(at) != '"') {
      at++;
    }
    char quote = text.charAt(at++);
    if (text.startsWith("" + quote + quote, at)) {
      throw errorAt(start, "strings in triple quotes are not read");
    }
    while (true) {
      if (at >= text.length()) {
        throw errorAt(start, "the string has no end");
      }
      char c = text.charAt(at++);
      if (c == quote) {
        return;
      }
      if (c != '\\') {
        out.append(c);
      } else if (at >= text.length()) {
        throw errorAt(start, "the string has no end");
      } else if (raw) {
        out.append(c).append(text.charAt(at++));
      } else {
        escape(out);
      }
    }
  }

  private void escape(StringBuilder out) {
    int start = at - 1;
    char c = text.charAt(at++);
    switch (c) {
      case 'n' -> out.append('\n');
      case 't' -> out.append('\t');
      case 'r' -> out.append('\r');
      case 'b' -> out.append('\b');
      case 'f' -> out.append('\f');
      case 'a' -> out.append('\u0007');
      case 'v' -> out.append('\u000b');
      case '\\', '\'', '"' -> out.append(c);
      case 'x' -> code(2, start, out);
      case 'u' -> code(4, start, out);
      case 'U' -> code(8, start, out);
      case 'N' -> throw errorAt(start, "characters by name are not read");
      case '0', '1', '2', '3', '4', '5', '6', '7' -> octal(out);
      default -> {
        if (!json || c != '/') {
          out.append('\\'); // Python keeps the backslash of an escape that it does not know
        }
        out.append(c);
      }
    }
  }

  private void octal(StringBuilder out) {
    int value = 0;
    at--;
    for (int i = 0; i < 3 && at < text.length(); i++) {
      int digit = text.charAt(at) - '0';
      if (digit < 0 || digit > 7) {
        break;
      }
      value = value * 8 + digit;
      at++;
    }
    out.append((char) value);
  }

  private void code(int digits, int start, StringBuilder out) {
    int end = at + digits;
    String hex = end <= text.length() ? text.substring(at, end) : "";
    if (!hex.matches("[0-9a-fA-F]{" + digits + "}")) {
      throw errorAt(start, "expected " + digits + " hexadecimal digits");
    }
    long value = Long.parseLong(hex, 16);
    if (value > Character.MAX_CODE_POINT) {
      throw errorAt(start, "there is no such character");
    }
    out.appendCodePoint((int) value);
    at = end;
  }

  /** What a value is, for messages. */
  static String kind(@Nullable Object value) {
    if (value instanceof Map) {
      return "a dict";
    }
    if (value instanceof List) {
      return "a list";
    }
    if (value instanceof String string) {
      return "the string " + MmibException.quote(string);
    }
    return value == null ? "nothing" : value.toString();
  }
}
