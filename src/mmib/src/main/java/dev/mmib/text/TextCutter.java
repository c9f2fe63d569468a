package dev.mmib.text;

/**
 * Texts into word pieces: lower-cased around the special tokens, split into words, words into
 * pieces.
 */
final class TextCutter {

  private static final int UNITS_OF_A_PIECE = 3;

  private final boolean lowerCase;
  private final SpecialTokens special;
  private final BasicTokenizer basic;
  private final WordPiece wordPiece;

  TextCutter(Vocabulary vocabulary, BertTokenizer.Options options, SpecialTokens special) {
    this.lowerCase = options.doLowerCase();
    this.special = special;
    this.basic = new BasicTokenizer(options.stripsAccents(), options.tokenizeChineseChars());
    this.wordPiece = new WordPiece(vocabulary, options.maxInputCharsPerWord());
  }

  /** The word pieces of a text. */
  Pieces cut(String text) {
    char[] units = text.toCharArray();
    int length = units.length;
    if (lowerCase) {
      CodeUnits lowered = lowered(units);
      units = lowered.units();
      length = lowered.length();
    }
    var pieces = new Pieces(length / UNITS_OF_A_PIECE + 4);
    BasicTokenizer.WordReader words = (word, from, to) -> wordPiece.split(word, from, to, pieces);
    int start = 0;
    for (int i = 0; i < length; ) {
      int token = special.mayStartWith(units[i]) ? special.at(units, i, length) : -1;
      if (token < 0) {
        i++;
        continue;
      }
      basic.read(units, start, i, special, words);
      pieces.add(special.id(token), special.token(token));
      i += special.token(token).length();
      start = i;
    }
    basic.read(units, start, length, special, words);
    return pieces;
  }

  private CodeUnits lowered(char[] text) {
    var out = new CodeUnits(text.length + 4);
    for (int i = 0; i < text.length; ) {
      int token = special.mayStartWith(text[i]) ? special.at(text, i, text.length) : -1;
      if (token >= 0) {
        for (int end = i + special.token(token).length(); i < end; i++) {
          out.add(text[i]);
        }
        continue;
      }
      int c = Character.codePointAt(text, i);
      UnicodeTable.lower(c, out);
      i += Character.charCount(c);
    }
    return out;
  }
}
