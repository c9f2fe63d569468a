package dev.mmib.text;

import java.util.ArrayList;
import java.util.List;

/**
 * Text into words: cleaned, stripped of accents, split at spaces and punctuation, in one run.
 *
 * <p>The steps and their order are those of HuggingFace's {@code BasicTokenizer}, odd ones
 * included: lower-casing has happened code point by code point before, around the special tokens.
 */
final class BasicTokenizer {

  /** Takes words: stretches of an array that is of no meaning afterwards. */
  interface WordReader {
    void word(char[] text, int from, int to);
  }

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

  private static final int FIRST_CHINESE = 0x3400;

  // What a code point is to this class. Blank and left out stand alone, the others may meet.
  private static final int BLANK = 1;
  private static final int LEFT_OUT = 2;
  private static final int PUNCTUATION = 4;
  private static final int CHANGES = 8;

  private static final byte[] ASCII = new byte[128];

  static {
    for (int c = 0; c < ASCII.length; c++) {
      ASCII[c] = (byte) ofTable(c);
    }
  }

  private final boolean stripAccents;
  private final boolean chineseCharacters;

  BasicTokenizer(boolean stripAccents, boolean chineseCharacters) {
    this.stripAccents = stripAccents;
    this.chineseCharacters = chineseCharacters;
  }

  /** The words of a text. */
  List<String> tokenize(String text) {
    var words = new ArrayList<String>();
    read(
        text.toCharArray(),
        0,
        text.length(),
        SpecialTokens.NONE,
        (units, from, to) -> words.add(new String(units, from, to - from)));
    return words;
  }

  /**
   * Reads the words of a stretch of text, and writes over it.
   *
   * <p>What cannot be seen is left out; blanks and Chinese characters end words. A word that is one
   * of {@code neverSplit} stays as it is.
   */
  void read(char[] text, int from, int to, SpecialTokens neverSplit, WordReader words) {
    int start = from;
    int end = from;
    int traits = 0;
    for (int i = from; i < to; ) {
      int c = text[i++];
      if (Character.isHighSurrogate((char) c) && i < to && Character.isLowSurrogate(text[i])) {
        c = Character.toCodePoint((char) c, text[i++]);
      }
      int trait = c < ASCII.length ? ASCII[c] : ofTable(c);
      boolean alone = c >= FIRST_CHINESE && chineseCharacters && isChinese(c);
      if (trait == LEFT_OUT) {
        continue;
      }
      if (trait == BLANK || alone) {
        finish(text, start, end, traits, neverSplit, words);
        start = end = i;
        traits = 0;
      }
      if (alone) {
        start = i - Character.charCount(c);
        finish(text, start, i, trait, neverSplit, words);
        start = i;
      } else if (trait != BLANK) {
        end += Character.toChars(c, text, end);
        traits |= trait;
      }
    }
    finish(text, start, end, traits, neverSplit, words);
  }

  private static int ofTable(int c) {
    if (c == '\t' || c == '\n' || c == '\r' || UnicodeTable.isSpaceSeparator(c)) {
      return BLANK;
    }
    if (c == 0xFFFD || UnicodeTable.isControl(c)) {
      return LEFT_OUT;
    }
    if (UnicodeTable.isWhiteSpace(c)) {
      return BLANK;
    }
    return (isPunctuation(c) ? PUNCTUATION : 0)
        | (UnicodeTable.isChangedByStripping(c) ? CHANGES : 0);
  }

  /** What stands between blanks: a token that is never split, else split at punctuation. */
  private void finish(
      char[] text, int start, int end, int traits, SpecialTokens neverSplit, WordReader words) {
    if (start == end) {
      return;
    }
    if (neverSplit.contains(text, start, end)) {
      words.word(text, start, end);
    } else if (stripAccents && (traits & CHANGES) != 0) {
      CodeUnits plain = UnicodeTable.withoutMarks(text, start, end);
      finish(plain.units(), 0, plain.length(), PUNCTUATION, neverSplit, words);
    } else if ((traits & PUNCTUATION) == 0) {
      words.word(text, start, end);
    } else {
      splitAtPunctuation(text, start, end, words);
    }
  }

  private static void splitAtPunctuation(char[] text, int from, int to, WordReader words) {
    int start = from;
    for (int i = from; i < to; ) {
      int c = Character.codePointAt(text, i, to);
      int next = i + Character.charCount(c);
      if (isPunctuation(c)) {
        if (i > start) {
          words.word(text, start, i);
        }
        words.word(text, i, next);
        start = next;
      }
      i = next;
    }
    if (start < to) {
      words.word(text, start, to);
    }
  }

  static boolean isChinese(int c) {
    if (c < FIRST_CHINESE) {
      return false;
    }
    for (int[] block : CHINESE) {
      if (c >= block[0] && c <= block[1]) {
        return true;
      }
    }
    return false;
  }

  /** Unicode's punctuation, and every other visible ASCII character but letters and digits. */
  static boolean isPunctuation(int c) {
    if (c < 128) {
      return c > ' ' && c < 127 && !Character.isLetterOrDigit(c);
    }
    return UnicodeTable.isPunctuation(c);
  }
}
