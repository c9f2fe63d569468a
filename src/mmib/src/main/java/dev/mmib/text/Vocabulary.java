package dev.mmib.text;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.InputFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The word pieces of a model and their ids: line numbers of {@code vocab.txt}. */
final class Vocabulary {

  static final String PAD = "[PAD]";
  static final String UNK = "[UNK]";
  static final String CLS = "[CLS]";
  static final String SEP = "[SEP]";
  static final String MASK = "[MASK]";

  private static final int LONGEST_FILE = 256 << 20;
  private static final int MOST_TOKENS = 10_000_000;
  private static final int LONGEST_TOKEN = 100_000;
  private static final String HINT = "Use the vocab.txt that came with the model's weights.";

  private final List<String> tokens;
  private final PieceTable table;
  private final List<String> warnings;

  private Vocabulary(List<String> tokens, String file) {
    this.tokens = List.copyOf(tokens);
    this.table = new PieceTable(tokens.size());
    this.warnings = new ArrayList<>();
    int repeated = 0;
    for (int i = 0; i < tokens.size(); i++) {
      int before = table.put(tokens.get(i), i);
      if (before >= 0 && repeated++ == 0) {
        warnings.add(
            file
                + ": line "
                + (i + 1)
                + ": the token "
                + MmibException.quote(tokens.get(i))
                + " was on line "
                + (before + 1)
                + " before; the later id is used");
      }
    }
    if (repeated > 1) {
      warnings.add(file + ": " + repeated + " repeated tokens in all");
    }
    for (String needed : List.of(UNK, CLS, SEP, PAD)) {
      if (!contains(needed)) {
        throw MmibException.in(
            file, ErrorCode.VOCABULARY, "the token " + needed + " is missing", HINT);
      }
    }
  }

  /** The vocabulary of these tokens; {@code file} names it in messages. */
  static Vocabulary of(List<String> tokens, String file) {
    return new Vocabulary(tokens, file);
  }

  /**
   * Reads {@code vocab.txt}: UTF-8, a token per line. A line ends at a line feed only, with one
   * carriage return before it left out, so that ids are line numbers whatever a token holds.
   */
  static Vocabulary read(Path path) {
    String file = path.toString();
    String text = InputFile.text(path, LONGEST_FILE, ErrorCode.VOCABULARY);
    var warnings = new ArrayList<String>();
    if (text.startsWith("\uFEFF")) {
      text = text.substring(1);
      warnings.add(file + ": a byte order mark was left out");
    }
    if (text.isEmpty()) {
      throw MmibException.in(file, ErrorCode.VOCABULARY, "the file is empty", HINT);
    }
    requireFewLines(text, file);
    var tokens = new ArrayList<String>();
    for (int start = 0; start < text.length(); ) {
      int feed = text.indexOf('\n', start);
      int end = feed < 0 ? text.length() : feed;
      int stop = end > start && text.charAt(end - 1) == '\r' ? end - 1 : end;
      if (stop - start > LONGEST_TOKEN) {
        throw MmibException.at(
            file,
            "line " + (tokens.size() + 1),
            ErrorCode.VOCABULARY,
            "a token of " + (stop - start) + " characters",
            HINT);
      }
      tokens.add(text.substring(start, stop));
      start = end + 1;
    }
    var vocabulary = new Vocabulary(tokens, file);
    vocabulary.warnings.addAll(0, warnings);
    return vocabulary;
  }

  /** Counted before any token is made of them. */
  private static void requireFewLines(String text, String file) {
    int lines = 0;
    for (int at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      if (++lines >= MOST_TOKENS && at + 1 < text.length()) {
        throw MmibException.at(
            file,
            "line " + (lines + 1),
            ErrorCode.VOCABULARY,
            "more than " + MOST_TOKENS + " lines",
            HINT);
      }
    }
  }

  List<String> tokens() {
    return tokens;
  }

  int size() {
    return tokens.size();
  }

  boolean contains(String token) {
    return id(token) >= 0;
  }

  /** The id of a token; −1 for one that the vocabulary lacks. */
  int id(String token) {
    return table.id(token);
  }

  /** The id of a stretch of a word, see {@link PieceTable#id(char[], int, int, boolean, long)}. */
  int id(char[] text, int from, int to, boolean first, long hash) {
    return table.id(text, from, to, first, hash);
  }

  String token(int id) {
    return tokens.get(id);
  }

  /** Whether the tokens are of another case than texts will be. */
  Optional<String> caseWarning(boolean lowerCased) {
    List<String> words =
        tokens.stream().filter(t -> !t.startsWith("[") && !t.startsWith("<")).toList();
    long upper = words.stream().filter(Vocabulary::hasUpperCase).count();
    if (lowerCased && upper * 10 > words.size()) {
      return Optional.of(
          upper
              + " tokens have upper-case letters and are never found, because texts are"
              + " lower-cased; is the vocabulary a cased one?");
    }
    boolean noneOfMany = upper == 0 && words.stream().anyMatch(word -> word.length() > 3);
    return !lowerCased && noneOfMany
        ? Optional.of(
            "no token has an upper-case letter, but texts are not lower-cased; is the vocabulary"
                + " an uncased one?")
        : Optional.empty();
  }

  private static boolean hasUpperCase(String token) {
    return token.codePoints().anyMatch(UnicodeTable::hasLower);
  }

  /** What is odd, in sentences. */
  List<String> warnings() {
    return warnings;
  }
}
