package dev.mmib.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Text into words: cleaned, lower-cased, stripped of accents, split at spaces and punctuation.
 *
 * <p>The steps and their order are those of HuggingFace's {@code BasicTokenizer}, odd ones
 * included: lower-casing has happened code point by code point before, around the special tokens.
 */
final class BasicTokenizer {

  /** Blocks of Chinese characters: each of them is a word. */
  private static final int[][] CHINESE = {
    {0x4E00, 0x9FFF},
    {0x3400, 0x4DBF},
    {0x20000, 0x2A6DF},
    {0x2A700, 0x2B73F},
    {0x2B740, 0x2B81F},
    {0x2B820, 0x2CEAF},
    {0xF900, 0xFAFF},
    {0x2F800, 0x2FA1F}
  };

  private final boolean stripAccents;
  private final boolean chineseCharacters;

  BasicTokenizer(boolean stripAccents, boolean chineseCharacters) {
    this.stripAccents = stripAccents;
    this.chineseCharacters = chineseCharacters;
  }

  /** The words of a text; a word that is in {@code neverSplit} stays as it is. */
  List<String> tokenize(String text, Set<String> neverSplit) {
    var words = new ArrayList<String>();
    for (String word : splitAtWhiteSpace(clean(text))) {
      String plain = stripAccents && !neverSplit.contains(word) ? withoutMarks(word) : word;
      if (neverSplit.contains(plain)) {
        words.add(plain);
      } else {
        splitAtPunctuation(plain, words);
      }
    }
    return words;
  }

  /** Leaves out what cannot be seen; puts spaces for blanks and around Chinese characters. */
  private String clean(String text) {
    var out = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (c == '\t' || c == '\n' || c == '\r' || UnicodeTable.isSpaceSeparator(c)) {
        out.append(' ');
      } else if (c == 0xFFFD || UnicodeTable.isControl(c)) {
        continue;
      } else if (chineseCharacters && isChinese(c)) {
        out.append(' ').appendCodePoint(c).append(' ');
      } else {
        out.appendCodePoint(c);
      }
    }
    return out.toString();
  }

  static boolean isChinese(int c) {
    if (c < 0x3400) {
      return false;
    }
    for (int[] block : CHINESE) {
      if (c >= block[0] && c <= block[1]) {
        return true;
      }
    }
    return false;
  }

  /** The pieces between white space, Python's {@code str.split()}. */
  static List<String> splitAtWhiteSpace(String text) {
    var words = new ArrayList<String>();
    int start = -1;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      if (UnicodeTable.isWhiteSpace(c)) {
        if (start >= 0) {
          words.add(text.substring(start, i));
        }
        start = -1;
      } else if (start < 0) {
        start = i;
      }
      i += Character.charCount(c);
    }
    if (start >= 0) {
      words.add(text.substring(start));
    }
    return words;
  }

  private static String withoutMarks(String word) {
    String decomposed = UnicodeTable.decompose(word);
    var out = new StringBuilder(decomposed.length());
    decomposed
        .codePoints()
        .filter(c -> !UnicodeTable.isNonSpacingMark(c))
        .forEach(out::appendCodePoint);
    return out.toString();
  }

  private static void splitAtPunctuation(String word, List<String> out) {
    int start = 0;
    for (int i = 0; i < word.length(); ) {
      int c = word.codePointAt(i);
      int next = i + Character.charCount(c);
      if (isPunctuation(c)) {
        if (i > start) {
          out.add(word.substring(start, i));
        }
        out.add(word.substring(i, next));
        start = next;
      }
      i = next;
    }
    if (start < word.length()) {
      out.add(word.substring(start));
    }
  }

  /** Unicode's punctuation, and every other visible ASCII character but letters and digits. */
  static boolean isPunctuation(int c) {
    if (c < 128) {
      return c > ' ' && c < 127 && !Character.isLetterOrDigit(c);
    }
    return UnicodeTable.isPunctuation(c);
  }
}
