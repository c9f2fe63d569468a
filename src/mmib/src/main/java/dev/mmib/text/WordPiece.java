package dev.mmib.text;

import java.util.ArrayList;
import java.util.List;

/** Words into pieces of a vocabulary, the longest first; later pieces begin with {@code ##}. */
final class WordPiece {

  private static final String CONTINUATION = "##";

  private final Vocabulary vocabulary;
  private final int longestWord;
  private final int longestPiece;

  WordPiece(Vocabulary vocabulary, int longestWord) {
    this.vocabulary = vocabulary;
    this.longestWord = longestWord;
    this.longestPiece = vocabulary.tokens().stream().mapToInt(String::length).max().orElse(0);
  }

  /** Appends the pieces of a word; [UNK] if it has none or too many code points. */
  void split(String word, List<String> out) {
    if (word.length() > 2 * longestWord || word.codePointCount(0, word.length()) > longestWord) {
      out.add(Vocabulary.UNK);
      return;
    }
    var pieces = new ArrayList<String>();
    for (int start = 0; start < word.length(); ) {
      String prefix = start == 0 ? "" : CONTINUATION;
      int end = Math.min(word.length(), start + longestPiece);
      while (end > start && !isPiece(word, prefix, start, end)) {
        end--;
      }
      if (end == start) {
        out.add(Vocabulary.UNK);
        return;
      }
      pieces.add(prefix + word.substring(start, end));
      start = end;
    }
    out.addAll(pieces);
  }

  /** Whether the vocabulary has the piece; one that would end inside a code point never counts. */
  private boolean isPiece(String word, String prefix, int start, int end) {
    boolean insideCodePoint =
        end < word.length()
            && Character.isLowSurrogate(word.charAt(end))
            && Character.isHighSurrogate(word.charAt(end - 1));
    return !insideCodePoint && vocabulary.contains(prefix + word.substring(start, end));
  }
}
