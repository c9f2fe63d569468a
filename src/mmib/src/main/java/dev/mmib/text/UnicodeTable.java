package dev.mmib.text;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The properties of code points, at version 14 of Unicode on every Java runtime.
 *
 * <p>A runtime's own {@code Character} and {@code Normalizer} know version 13 (JDK 17) to 16 (JDK
 * 25) and would cut the same text differently. The table is a resource that {@code
 * tools/unicode_table.py} writes and explains.
 */
final class UnicodeTable {

  private static final String RESOURCE = "unicode-14.txt";
  private static final int PAGE = 256;
  private static final int KIND = 7;
  private static final int WHITE_SPACE = 8;
  private static final int CHANGES = 16;
  private static final String KINDS = " CZPM";

  private static final byte[][] PAGES = new byte[(Character.MAX_CODE_POINT + 1) / PAGE][];
  private static final CodePointMap LOWER = new CodePointMap();
  private static final CodePointMap DECOMPOSITIONS = new CodePointMap();
  private static final Map<Integer, Integer> CLASSES = new HashMap<>();

  // Hangul syllables decompose by arithmetic, section 3.12 of the standard.
  private static final int SYLLABLES = 0xAC00;
  private static final int SYLLABLE_COUNT = 11172;
  private static final int LEADING = 0x1100;
  private static final int VOWELS = 0x1161;
  private static final int TRAILING = 0x11A7;
  private static final int VOWEL_COUNT = 21;
  private static final int TRAILING_COUNT = 28;

  private static final int LONGEST_DECOMPOSITION = 4;

  static {
    Arrays.setAll(PAGES, i -> new byte[PAGE]);
    try (InputStream in = UnicodeTable.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("unicode: the resource " + RESOURCE + " is not in the jar");
      }
      var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        read(line.split(" "));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    mark(SYLLABLES, SYLLABLES + SYLLABLE_COUNT - 1, CHANGES);
    sharePages();
  }

  private UnicodeTable() {}

  private static void read(String[] fields) {
    switch (fields[0]) {
      case "k" -> {
        int kind = KINDS.indexOf(fields[1]);
        mark(hex(fields[2]), hex(fields[3]), fields[1].equals("M") ? kind | CHANGES : kind);
      }
      case "s" -> mark(hex(fields[1]), hex(fields[2]), WHITE_SPACE);
      case "l" -> {
        int step = Integer.parseInt(fields[3]);
        int delta = Integer.parseInt(fields[4]);
        for (int c = hex(fields[1]); c <= hex(fields[2]); c += step) {
          LOWER.put(c, new int[] {c + delta});
        }
      }
      case "L" -> LOWER.put(hex(fields[1]), codePoints(fields));
      case "c" -> {
        mark(hex(fields[2]), hex(fields[3]), CHANGES);
        for (int c = hex(fields[2]); c <= hex(fields[3]); c++) {
          CLASSES.put(c, Integer.valueOf(fields[1]));
        }
      }
      case "d" -> {
        mark(hex(fields[1]), hex(fields[1]), CHANGES);
        DECOMPOSITIONS.put(hex(fields[1]), codePoints(fields));
      }
      default -> {
        if (!fields[0].equals("#")) {
          throw new IllegalStateException(
              "unicode: a line of kind " + fields[0] + " vs k s l L c d");
        }
      }
    }
  }

  private static int hex(String field) {
    return Integer.parseInt(field, 16);
  }

  private static int[] codePoints(String[] fields) {
    return Arrays.stream(fields, 2, fields.length).mapToInt(UnicodeTable::hex).toArray();
  }

  private static void mark(int from, int to, int bits) {
    for (int c = from; c <= to; c++) {
      PAGES[c / PAGE][c % PAGE] |= (byte) bits;
    }
  }

  /** Most pages are equal to the one before them: keep one copy. */
  private static void sharePages() {
    for (int i = 1; i < PAGES.length; i++) {
      if (Arrays.equals(PAGES[i], PAGES[i - 1])) {
        PAGES[i] = PAGES[i - 1];
      }
    }
  }

  private static int kind(int c) {
    return PAGES[c / PAGE][c % PAGE] & KIND;
  }

  /** Control, format, surrogate, private-use or unassigned: general categories C*. */
  static boolean isControl(int c) {
    return kind(c) == KINDS.indexOf('C');
  }

  /** General category Zs. */
  static boolean isSpaceSeparator(int c) {
    return kind(c) == KINDS.indexOf('Z');
  }

  /** General categories P*. */
  static boolean isPunctuation(int c) {
    return kind(c) == KINDS.indexOf('P');
  }

  /** General category Mn: the marks that "accents stripped" means. */
  static boolean isNonSpacingMark(int c) {
    return kind(c) == KINDS.indexOf('M');
  }

  /** White space in the sense of Python's {@code str.isspace}. */
  static boolean isWhiteSpace(int c) {
    return (PAGES[c / PAGE][c % PAGE] & WHITE_SPACE) != 0;
  }

  static int combiningClass(int c) {
    return c < 0x300 ? 0 : CLASSES.getOrDefault(c, 0);
  }

  /** Whether a text with the code point may become another one when its accents are stripped. */
  static boolean isChangedByStripping(int c) {
    return (PAGES[c / PAGE][c % PAGE] & CHANGES) != 0;
  }

  /** Appends the code point in lower case, by itself: a sigma is never a final one. */
  static void lower(int c, CodeUnits out) {
    int[] lower = LOWER.of(c);
    if (lower == null) {
      out.addCodePoint(c);
      return;
    }
    for (int part : lower) {
      out.addCodePoint(part);
    }
  }

  /** A text in lower case, each code point by itself. */
  static String lower(String text) {
    var out = new CodeUnits(text.length() + 4);
    text.codePoints().forEach(c -> lower(c, out));
    return out.toString();
  }

  /** Whether lower-casing changes the code point. */
  static boolean hasLower(int c) {
    return LOWER.of(c) != null;
  }

  /** A stretch of text decomposed and without its non-spacing marks. */
  static CodeUnits withoutMarks(char[] text, int from, int to) {
    var out = new CodeUnits(to - from + 8);
    for (int c : decomposed(text, from, to)) {
      if (!isNonSpacingMark(c)) {
        out.addCodePoint(c);
      }
    }
    return out;
  }

  /** The code points of the canonical decomposition of a stretch of text, NFD. */
  static int[] decomposed(char[] text, int from, int to) {
    var out = new int[to - from + 8];
    int count = 0;
    for (int i = from; i < to; ) {
      int c = Character.codePointAt(text, i, to);
      i += Character.charCount(c);
      if (count + LONGEST_DECOMPOSITION > out.length) {
        out = Arrays.copyOf(out, 2 * out.length);
      }
      count = decompose(c, out, count);
    }
    out = Arrays.copyOf(out, count);
    order(out);
    return out;
  }

  private static int decompose(int c, int[] out, int at) {
    int to = at;
    int syllable = c - SYLLABLES;
    if (syllable >= 0 && syllable < SYLLABLE_COUNT) {
      int vowel = syllable / TRAILING_COUNT;
      out[to++] = LEADING + vowel / VOWEL_COUNT;
      out[to++] = VOWELS + vowel % VOWEL_COUNT;
      if (syllable % TRAILING_COUNT != 0) {
        out[to++] = TRAILING + syllable % TRAILING_COUNT;
      }
      return to;
    }
    int[] parts = DECOMPOSITIONS.of(c);
    if (parts == null) {
      out[to++] = c;
      return to;
    }
    System.arraycopy(parts, 0, out, to, parts.length);
    return to + parts.length;
  }

  /** Sorts every run of combining marks by class, equal classes in their order. */
  private static void order(int[] text) {
    for (int start = 0; start < text.length; ) {
      int end = start;
      while (end < text.length && combiningClass(text[end]) != 0) {
        end++;
      }
      if (end - start > 1) {
        order(text, start, end);
      }
      start = Math.max(end, start + 1);
    }
  }

  /** By keys of class, place and code point, which no two marks share. */
  private static void order(int[] text, int start, int end) {
    long[] keys = new long[end - start];
    for (int i = 0; i < keys.length; i++) {
      int c = text[start + i];
      keys[i] = (long) combiningClass(c) << 53 | (long) i << 21 | c;
    }
    Arrays.sort(keys);
    for (int i = 0; i < keys.length; i++) {
      text[start + i] = (int) keys[i] & 0x1FFFFF;
    }
  }
}
