package dev.mmib.text;

/** Words into pieces of a vocabulary, the longest first; later pieces begin with {@code ##}. */
final class WordPiece {

  private final Vocabulary vocabulary;
  private final int unknown;
  private final int longestWord;
  private final int longestPiece;

  WordPiece(Vocabulary vocabulary, int longestWord) {
    this.vocabulary = vocabulary;
    this.unknown = vocabulary.id(Vocabulary.UNK);
    this.longestWord = longestWord;
    this.longestPiece = vocabulary.tokens().stream().mapToInt(String::length).max().orElse(0);
  }

  /** Appends the pieces of a word; [UNK] if it has none or too many code points. */
  void split(char[] text, int from, int to, Pieces out) {
    int length = to - from;
    if (length > 2 * longestWord
        || length > longestWord && Character.codePointCount(text, from, length) > longestWord) {
      out.add(unknown, Vocabulary.UNK);
      return;
    }
    int before = out.size();
    long[] hashes = new long[Math.min(length, longestPiece)];
    for (int start = from; start < to; ) {
      int end = pieceFrom(text, start, to, start == from, hashes, out);
      if (end == start) {
        out.keep(before);
        out.add(unknown, Vocabulary.UNK);
        return;
      }
      start = end;
    }
  }

  /**
   * Appends the longest piece that starts at a place; where it ends, the place if there is none.
   */
  private int pieceFrom(char[] text, int start, int to, boolean first, long[] hashes, Pieces out) {
    int longest = Math.min(hashes.length, to - start);
    long hash = first ? PieceTable.WORD : PieceTable.LATER_PIECE;
    for (int i = 0; i < longest; i++) {
      hash = PieceTable.hash(hash, text[start + i]);
      hashes[i] = hash;
    }
    for (int end = start + longest; end > start; end--) {
      // a piece that would end inside a code point never counts
      if (end < to
          && Character.isLowSurrogate(text[end])
          && Character.isHighSurrogate(text[end - 1])) {
        continue;
      }
      int id = vocabulary.id(text, start, end, first, hashes[end - start - 1]);
      if (id >= 0) {
        out.add(id, vocabulary.token(id));
        return end;
      }
    }
    return start;
  }
}
