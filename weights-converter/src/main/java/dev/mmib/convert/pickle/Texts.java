package dev.mmib.convert.pickle;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Decodes a pickle's strings, strictly: what is not UTF-8 or ends within an escape is refused. */
final class Texts {

  private Texts() {}

  static String utf8(byte[] bytes) throws Refusal {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw Refusal.damaged("a string is not UTF-8");
    }
  }

  /** A line of {@code UNICODE}: Latin-1 with {@code \}{@code uhhhh} and {@code \Uhhhhhhhh}. */
  static String rawUnicode(byte[] line) throws Refusal {
    var text = new StringBuilder(line.length);
    for (int i = 0; i < line.length; ) {
      char c = (char) (line[i++] & 0xff);
      if (c != '\\' || i == line.length) {
        text.append(c);
      } else if (line[i] == 'u' || line[i] == 'U') {
        int digits = line[i++] == 'u' ? 4 : 8;
        text.appendCodePoint(character(digits(line, i, digits, 16)));
        i += digits;
      } else {
        text.append(c).append((char) (line[i++] & 0xff));
      }
    }
    return text.toString();
  }

  private static int character(long point) throws Refusal {
    boolean surrogate = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    if (surrogate || point > Character.MAX_CODE_POINT) {
      throw Refusal.damaged("a string has an escape that is no character");
    }
    return (int) point;
  }

  /** A line of {@code STRING}: the bytes of a Python 2 string in quotes, with its escapes. */
  static String quoted(byte[] line) throws Refusal {
    int last = line.length - 1;
    if (last < 1 || line[0] != line[last] || (line[0] != '\'' && line[0] != '"')) {
      throw Refusal.damaged("a string is not in quotes");
    }
    var bytes = new ByteArrayOutputStream(line.length);
    for (int i = 1; i < last; ) {
      int c = line[i++];
      if (c != '\\') {
        bytes.write(c);
      } else {
        i += unescape(line, i, last, bytes);
      }
    }
    return utf8(bytes.toByteArray());
  }

  /** Writes what the escape at {@code at} stands for; gives its length without the back-slash. */
  private static int unescape(byte[] line, int at, int end, ByteArrayOutputStream to)
      throws Refusal {
    int c = at < end ? line[at] : -1;
    switch (c) {
      case '\\', '\'', '"' -> to.write(c);
      case 'n' -> to.write('\n');
      case 'r' -> to.write('\r');
      case 't' -> to.write('\t');
      case 'x' -> {
        to.write((int) digits(line, at + 1, 2, 16));
        return 3;
      }
      default -> throw Refusal.damaged("a string has an unknown escape");
    }
    return 1;
  }

  private static long digits(byte[] line, int at, int count, int radix) throws Refusal {
    long value = 0;
    for (int i = at; i < at + count; i++) {
      int digit = i < line.length ? Character.digit(line[i], radix) : -1;
      if (digit < 0) {
        throw Refusal.damaged("a string has an escape cut short");
      }
      value = value * radix + digit;
    }
    return value;
  }
}
