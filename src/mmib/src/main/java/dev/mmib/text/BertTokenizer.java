package dev.mmib.text;

import dev.mmib.io.AtomicFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * BERT's tokenizer: basic splitting, then WordPiece, equal to HuggingFace's {@code BertTokenizer}.
 *
 * <p>Special tokens written inside a text are recognized, also inside a word, in their own case; as
 * the text around them is lower-cased first, an upper-case spelling of a lower-case marker counts
 * as the marker. The result is the same on every Java runtime. Immutable and thread-safe.
 */
public final class BertTokenizer {

  /**
   * How text is cleaned.
   *
   * @param stripAccents null: as {@code doLowerCase}
   * @param tokenizeChineseChars whether each Chinese character is a word
   * @param maxInputCharsPerWord code points of the longest word that is cut into pieces
   */
  public record Options(
      boolean doLowerCase,
      @Nullable Boolean stripAccents,
      boolean tokenizeChineseChars,
      int maxInputCharsPerWord) {

    public Options {
      if (maxInputCharsPerWord < 1 || maxInputCharsPerWord > 10_000) {
        throw new IllegalArgumentException(
            "tokenizer: maxInputCharsPerWord " + maxInputCharsPerWord + " vs 1 to 10000");
      }
    }

    public static Options uncased() {
      return new Options(true, null, true, 100);
    }

    public static Options cased() {
      return new Options(false, null, true, 100);
    }

    /** Whether the two cut every text alike. */
    boolean equalsInEffect(Options other) {
      return doLowerCase == other.doLowerCase
          && stripsAccents() == other.stripsAccents()
          && tokenizeChineseChars == other.tokenizeChineseChars
          && maxInputCharsPerWord == other.maxInputCharsPerWord;
    }

    boolean stripsAccents() {
      return stripAccents == null ? doLowerCase : stripAccents;
    }
  }

  private static final List<String> SPECIAL =
      List.of(Vocabulary.UNK, Vocabulary.SEP, Vocabulary.PAD, Vocabulary.CLS, Vocabulary.MASK);

  private final Vocabulary vocabulary;
  private final Options options;
  private final List<String> added;
  private final Map<String, Integer> addedIds = new HashMap<>();
  private final Set<String> special;
  private final TextCutter cutter;
  private final int maxLength;

  private BertTokenizer(
      Vocabulary vocabulary,
      Options options,
      List<String> added,
      Set<String> special,
      int maxLength) {
    this.maxLength = maxLength;
    this.vocabulary = vocabulary;
    this.options = options;
    this.added = List.copyOf(added);
    for (String token : added) {
      addedIds.put(token, vocabulary.size() + addedIds.size());
    }
    this.special = special;
    this.cutter = new TextCutter(vocabulary, options, new SpecialTokens(special, this::idOf));
  }

  /** A tokenizer with these tokens; a token's id is its index. */
  public static BertTokenizer of(List<String> vocabulary, Options options) {
    return of(Vocabulary.of(vocabulary, "vocabulary"), options);
  }

  static BertTokenizer of(Vocabulary vocabulary, Options options) {
    return new BertTokenizer(
        vocabulary, options, List.of(), new LinkedHashSet<>(SPECIAL), Integer.MAX_VALUE);
  }

  /**
   * Reads {@code vocab.txt}, {@code tokenizer.json}, or a directory that holds either; settings
   * come from {@code tokenizer_config.json} beside them, else it is an uncased one.
   */
  public static BertTokenizer load(Path path) {
    return TokenizerFiles.load(path, null);
  }

  /** As {@link #load(Path)}, with these settings whatever the files beside it say. */
  public static BertTokenizer load(Path path, Options options) {
    return TokenizerFiles.load(path, options);
  }

  /**
   * This tokenizer with more special tokens, such as relation markers. A token that the vocabulary
   * has keeps its id; the others get the next ones.
   */
  public BertTokenizer withAddedTokens(List<String> tokens) {
    var all = new LinkedHashSet<>(added);
    var specials = new LinkedHashSet<>(special);
    for (String token : tokens) {
      if (token.isBlank()) {
        throw new IllegalArgumentException("tokenizer: a blank token was added vs a visible one");
      }
      specials.add(token);
      if (!vocabulary.contains(token)) {
        all.add(token);
      }
    }
    return new BertTokenizer(vocabulary, options, List.copyOf(all), specials, maxLength);
  }

  /** This tokenizer of a model whose texts have at most so many tokens. */
  BertTokenizer withMaxLength(int tokens) {
    return new BertTokenizer(vocabulary, options, added, special, tokens);
  }

  /** Writes {@code vocab.txt}, with the added tokens, and {@code tokenizer_config.json}. */
  public void save(Path directory) {
    files().forEach((name, text) -> AtomicFile.write(directory.resolve(name), text));
  }

  /** The files by which {@link #load} finds this tokenizer again, as texts by name. */
  public Map<String, String> files() {
    return TokenizerFiles.of(this);
  }

  /** Special tokens besides the five of BERT. */
  List<String> added() {
    return special.stream().filter(token -> !SPECIAL.contains(token)).toList();
  }

  public Options options() {
    return options;
  }

  /**
   * How many tokens a text of the model may have by its {@code model_max_length}, the largest
   * {@code int} if that is not known. Nothing is cut here: {@link EncodeOptions} say how long.
   */
  public int maxLength() {
    return maxLength;
  }

  /** What was odd about the vocabulary, in sentences. */
  public List<String> warnings() {
    var all = new ArrayList<>(vocabulary.warnings());
    vocabulary.caseWarning(options.doLowerCase()).ifPresent(all::add);
    return all;
  }

  /** Number of ids, added tokens included. */
  public int size() {
    return vocabulary.size() + added.size();
  }

  /** All tokens in the order of their ids, added ones included. */
  public List<String> tokens() {
    var all = new ArrayList<>(vocabulary.tokens());
    all.addAll(added);
    return all;
  }

  public boolean contains(String token) {
    return vocabulary.contains(token) || addedIds.containsKey(token);
  }

  /** The id of a token; that of [UNK] for one that the vocabulary lacks. */
  public int idOf(String token) {
    int id = vocabulary.id(token);
    if (id >= 0) {
      return id;
    }
    return addedIds.getOrDefault(token, unknownId());
  }

  /** The token of an id; [UNK] for one that the vocabulary lacks. */
  public String tokenOf(int id) {
    if (id < 0 || id >= size()) {
      return Vocabulary.UNK;
    }
    return id < vocabulary.size() ? vocabulary.token(id) : added.get(id - vocabulary.size());
  }

  public int[] idsOf(List<String> tokens) {
    int[] ids = new int[tokens.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = idOf(tokens.get(i));
    }
    return ids;
  }

  public int padId() {
    return vocabulary.id(Vocabulary.PAD);
  }

  public int unknownId() {
    return vocabulary.id(Vocabulary.UNK);
  }

  public int clsId() {
    return vocabulary.id(Vocabulary.CLS);
  }

  public int sepId() {
    return vocabulary.id(Vocabulary.SEP);
  }

  /** The word pieces of a text. */
  public List<String> tokenize(String text) {
    return cutter.cut(text).tokens();
  }

  /** The ids of the word pieces of a text. */
  public int[] ids(String text) {
    return cutter.cut(text).ids();
  }

  /** A text as a model's input. */
  public Encoding encode(String text, EncodeOptions how) {
    return Encoder.encode(this, cutter.cut(text), null, how);
  }

  /** A pair of texts as a model's input. */
  public Encoding encode(String text, @Nullable String pair, EncodeOptions how) {
    return Encoder.encode(this, cutter.cut(text), pair == null ? null : cutter.cut(pair), how);
  }

  /** Word pieces as a model's input. */
  public Encoding encodeTokens(List<String> tokens, EncodeOptions how) {
    return Encoder.encode(this, new Pieces(tokens, idsOf(tokens)), null, how);
  }

  /** The text of ids, with every token, pieces joined. */
  public String decode(int[] ids) {
    return decode(ids, false, false);
  }

  /**
   * The text of ids.
   *
   * @param skipSpecialTokens leaves out [CLS], [SEP], [PAD], … and added markers
   * @param cleanUp takes out the blanks before punctuation and English clitics
   */
  public String decode(int[] ids, boolean skipSpecialTokens, boolean cleanUp) {
    return Decoder.decode(this, ids, skipSpecialTokens, cleanUp);
  }

  boolean isSpecial(String token) {
    return special.contains(token);
  }

  /** Whether the token has an id beyond the vocabulary's. */
  boolean isAdded(String token) {
    return addedIds.containsKey(token);
  }
}
