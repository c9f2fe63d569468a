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
  private static final String KINDS = " CZPM";

  private static final byte[][] PAGES = new byte[(Character.MAX_CODE_POINT + 1) / PAGE][];
  private static final Map<Integer, int[]> LOWER = new HashMap<>();
  private static final Map<Integer, Integer> CLASSES = new HashMap<>();
  private static final Map<Integer, int[]> DECOMPOSITIONS = new HashMap<>();

  // Hangul syllables decompose by arithmetic, section 3.12 of the standard.
  private static final int SYLLABLES = 0xAC00;
  private static final int SYLLABLE_COUNT = 11172;
  private static final int LEADING = 0x1100;
  private static final int VOWELS = 0x1161;
  private static final int TRAILING = 0x11A7;
  private static final int VOWEL_COUNT = 21;
  private static final int TRAILING_COUNT = 28;

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
    sharePages();
  }

  private UnicodeTable() {}

  private static void read(String[] fields) {
    switch (fields[0]) {
      case "k" -> mark(hex(fields[2]), hex(fields[3]), KINDS.indexOf(fields[1]));
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
        for (int c = hex(fields[2]); c <= hex(fields[3]); c++) {
          CLASSES.put(c, Integer.valueOf(fields[1]));
        }
      }
      case "d" -> DECOMPOSITIONS.put(hex(fields[1]), codePoints(fields));
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

  /** Appends the code point in lower case, by itself: a sigma is never a final one. */
  static void lower(int c, StringBuilder out) {
    int[] lower = LOWER.get(c);
    if (lower == null) {
      out.appendCodePoint(c);
    } else {
      append(lower, out);
    }
  }

  /** A text in lower case, each code point by itself. */
  static String lower(String text) {
    var out = new StringBuilder(text.length());
    text.codePoints().forEach(c -> lower(c, out));
    return out.toString();
  }

  /** Whether lower-casing changes the code point. */
  static boolean hasLower(int c) {
    return LOWER.containsKey(c);
  }

  /** The canonical decomposition of a text, NFD. */
  static String decompose(String text) {
    if (text.chars().allMatch(c -> c < 0xC0)) {
      return text;
    }
    var out = new StringBuilder(text.length() + 8);
    text.codePoints().forEach(c -> decompose(c, out));
    return ordered(out.codePoints().toArray());
  }

  private static void decompose(int c, StringBuilder out) {
    int syllable = c - SYLLABLES;
    if (syllable >= 0 && syllable < SYLLABLE_COUNT) {
      int vowel = syllable / TRAILING_COUNT;
      out.append((char) (LEADING + vowel / VOWEL_COUNT));
      out.append((char) (VOWELS + vowel % VOWEL_COUNT));
      if (syllable % TRAILING_COUNT != 0) {
        out.append((char) (TRAILING + syllable % TRAILING_COUNT));
      }
      return;
    }
    int[] parts = DECOMPOSITIONS.get(c);
    if (parts == null) {
      out.appendCodePoint(c);
    } else {
      append(parts, out);
    }
  }

  private static void append(int[] codePoints, StringBuilder out) {
    for (int c : codePoints) {
      out.appendCodePoint(c);
    }
  }

  /** Sorts every run of combining marks by class, equal classes in their order. */
  private static String ordered(int[] text) {
    for (int start = 0; start < text.length; ) {
      int end = start;
      while (end < text.length && combiningClass(text[end]) != 0) {
        end++;
      }
      if (end - start > 1) {
        int[] run =
            Arrays.stream(text, start, end)
                .boxed()
                .sorted((a, b) -> Integer.compare(combiningClass(a), combiningClass(b)))
                .mapToInt(Integer::intValue)
                .toArray();
        System.arraycopy(run, 0, text, start, run.length);
      }
      start = Math.max(end, start + 1);
    }
    return new String(text, 0, text.length);
  }
}
