package dev.mmib.io;

import dev.mmib.error.MmibException;
import dev.mmib.io.JsonValue.Origin;

/** Reads one JSON document by recursive descent of bounded depth. */
final class JsonParser {

  private static final String CURE = "Correct the JSON.";

  private final String text;
  private final Origin origin;
  private int at;
  private int line;
  private int lineStart;
  private int values;

  JsonParser(String text, int start, int line, Origin origin) {
    this.text = text;
    this.origin = origin;
    this.at = start;
    this.line = line;
    this.lineStart = start;
  }

  JsonValue document() {
    var value = value(0);
    skipSpace();
    if (at < text.length()) {
      throw error("text after the end of the document");
    }
    return value;
  }

  private JsonValue value(int depth) {
    skipSpace();
    if (++values > Json.MOST_VALUES) {
      throw error("more than " + Json.MOST_VALUES + " values");
    }
    if (at == text.length()) {
      throw error("unexpected end");
    }
    char c = text.charAt(at);
    return switch (c) {
      case '{' -> object(depth + 1);
      case '[' -> array(depth + 1);
      case '"' -> {
        long place = place();
        yield new JsonScalar(JsonScalar.Kind.STRING, string(), origin, place);
      }
      case 't' -> word("true", JsonScalar.Kind.BOOLEAN);
      case 'f' -> word("false", JsonScalar.Kind.BOOLEAN);
      case 'n' -> word("null", JsonScalar.Kind.NULL);
      default -> {
        if (c != '-' && (c < '0' || c > '9')) {
          throw unexpected("a value");
        }
        yield number();
      }
    };
  }

  private JsonObject object(int depth) {
    requireShallow(depth);
    var object = new JsonObject(origin, place());
    at++;
    skipSpace();
    if (skip('}')) {
      return object;
    }
    do {
      skipSpace();
      if (peek() != '"') {
        throw unexpected("a key in double quotes");
      }
      long keyPlace = place();
      var key = string();
      skipSpace();
      require(':');
      if (!object.putIfNew(key, value(depth))) {
        throw error("duplicate key " + MmibException.quote(key), keyPlace);
      }
      if (object.size() > Json.MOST_KEYS) {
        throw error("more than " + Json.MOST_KEYS + " keys in an object", keyPlace);
      }
      skipSpace();
    } while (skip(','));
    require('}');
    return object;
  }

  private JsonArray array(int depth) {
    requireShallow(depth);
    var array = new JsonArray(origin, place());
    at++;
    skipSpace();
    if (skip(']')) {
      return array;
    }
    do {
      array.add(value(depth));
      skipSpace();
    } while (skip(','));
    require(']');
    return array;
  }

  private void requireShallow(int depth) {
    if (depth > Json.DEEPEST) {
      throw error("nested more than " + Json.DEEPEST + " deep");
    }
  }

  private JsonScalar word(String word, JsonScalar.Kind kind) {
    if (!text.startsWith(word, at)) {
      throw unexpected("a value");
    }
    var value = new JsonScalar(kind, word, origin, place());
    at += word.length();
    return value;
  }

  private JsonScalar number() {
    long place = place();
    int start = at;
    skip('-');
    if (skip('0')) {
      if (isDigit(peek())) {
        throw error("a number with a leading zero", place);
      }
    } else {
      digits();
    }
    if (skip('.')) {
      digits();
    }
    if (skip('e') || skip('E')) {
      if (!skip('+')) {
        skip('-');
      }
      digits();
    }
    if (at - start > Json.LONGEST_NUMBER) {
      throw error("a number of more than " + Json.LONGEST_NUMBER + " characters", place);
    }
    return new JsonScalar(JsonScalar.Kind.NUMBER, text.substring(start, at), origin, place);
  }

  private void digits() {
    if (!isDigit(peek())) {
      throw unexpected("a digit");
    }
    while (isDigit(peek())) {
      at++;
    }
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private String string() {
    long place = place();
    int first = ++at;
    int start = first;
    StringBuilder unescaped = null;
    while (true) {
      int c = peek();
      if (c < 0) {
        throw error("a string that does not end", place);
      }
      if (c == '"') {
        break;
      }
      if (c < 0x20) {
        throw error("a control character in a string: write it as an escape");
      }
      if (c == '\\') {
        if (unescaped == null) {
          unescaped = new StringBuilder();
        }
        unescaped.append(text, start, at);
        unescaped.append(escape());
        start = at;
      } else {
        at++;
      }
    }
    if (at - first > Json.LONGEST_STRING) {
      throw error("a string of more than " + Json.LONGEST_STRING + " characters", place);
    }
    var tail = text.substring(start, at++);
    var string = unescaped == null ? tail : unescaped.append(tail).toString();
    requirePairs(string, place);
    return string;
  }

  private char escape() {
    int c = at + 1 < text.length() ? text.charAt(at + 1) : -1;
    at += 2;
    return switch (c) {
      case '"', '\\', '/' -> (char) c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int code = 0;
        for (int i = 0; i < 4; i++, at++) {
          int digit = peek();
          boolean hex =
              isDigit(digit) || (digit >= 'a' && digit <= 'f') || (digit >= 'A' && digit <= 'F');
          if (!hex) {
            throw error("an escape that is not \\u and four hexadecimal digits");
          }
          code = code << 4 | Character.digit(digit, 16);
        }
        yield (char) code;
      }
      default -> {
        at -= 2;
        throw error("an unknown escape");
      }
    };
  }

  private void requirePairs(String string, long place) {
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < string.length()
          && Character.isLowSurrogate(string.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw error("half a surrogate pair in a string", place);
      }
    }
  }

  private void skipSpace() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '\n') {
        line++;
        lineStart = at + 1;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
      at++;
    }
  }

  private int peek() {
    return at < text.length() ? text.charAt(at) : -1;
  }

  private boolean skip(char c) {
    if (peek() == c) {
      at++;
      return true;
    }
    return false;
  }

  private void require(char c) {
    if (!skip(c)) {
      throw unexpected("'" + c + "'");
    }
  }

  private long place() {
    return JsonValue.place(line, at - lineStart + 1);
  }

  private MmibException unexpected(String wanted) {
    int c = peek();
    var got = c < 0 ? "the end" : MmibException.quote(text.substring(at, at + 1));
    return error("expected " + wanted + ", got " + got);
  }

  private MmibException error(String what) {
    return error(what, place());
  }

  private MmibException error(String what, long place) {
    return MmibException.at(
        origin.file(), JsonValue.position(place), origin.code(), "not valid JSON: " + what, CURE);
  }
}
