package dev.mmib.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Splits raw text at white space and around punctuation, as the benchmarks' posts are split.
 *
 * <p>What posts are made of stays whole, as it does there: {@code @user}, {@code #topic}, and a web
 * address up to the next white space. Offsets are code units of the text.
 */
public final class WordSplitter {

  /** A word and where it stands, {@code end} exclusive. */
  public record Word(String text, int start, int end) {}

  private static final BasicTokenizer UNCASED = new BasicTokenizer(true, true);

  private WordSplitter() {}

  /** The words of a text, in its order. */
  public static List<Word> split(String text) {
    var words = new ArrayList<Word>();
    int start = -1;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      int next = i + Character.charCount(c);
      boolean blank = isBlank(c);
      if (start < 0 && !blank && startsWhole(text, i)) {
        int end = endOfWhole(text, i);
        words.add(word(text, i, end));
        i = end;
        continue;
      }
      boolean alone = BasicTokenizer.isPunctuation(c) || BasicTokenizer.isChinese(c);
      if (start >= 0 && (blank || alone)) {
        words.add(word(text, start, i));
        start = -1;
        continue;
      }
      if (alone) {
        words.add(word(text, i, next));
      } else if (!blank && start < 0) {
        start = i;
      }
      i = next;
    }
    if (start >= 0) {
      words.add(word(text, start, text.length()));
    }
    return words;
  }

  /** Whether a tokenizer keeps anything of a word: controls, blanks and bare marks vanish. */
  public static boolean isVisible(String word) {
    return !UNCASED.tokenize(word).isEmpty();
  }

  private static Word word(String text, int start, int end) {
    return new Word(text.substring(start, end), start, end);
  }

  private static boolean isBlank(int c) {
    return UnicodeTable.isWhiteSpace(c) || UnicodeTable.isSpaceSeparator(c);
  }

  private static boolean startsWhole(String text, int at) {
    char c = text.charAt(at);
    if (c == '@' || c == '#') {
      return at + 1 < text.length() && belongsToName(text.codePointAt(at + 1));
    }
    return isAddress(text, at);
  }

  private static boolean isAddress(String text, int at) {
    String head = text.substring(at, Math.min(text.length(), at + 8)).toLowerCase(Locale.ROOT);
    return head.startsWith("http://") || head.startsWith("https://");
  }

  private static int endOfWhole(String text, int at) {
    boolean address = isAddress(text, at);
    int i = address ? at : at + 1;
    while (i < text.length()) {
      int c = text.codePointAt(i);
      if (address ? isBlank(c) : !belongsToName(c)) {
        break;
      }
      i += Character.charCount(c);
    }
    return i;
  }

  private static boolean belongsToName(int c) {
    return c == '_'
        || !(isBlank(c) || UnicodeTable.isControl(c) || BasicTokenizer.isPunctuation(c));
  }
}
