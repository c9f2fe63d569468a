package dev.mmib.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes a WordPiece vocabulary from training texts, for a model that starts from nothing.
 *
 * <p>Special tokens first, relation markers among them, then every character by itself and as a
 * continuation, so that few words have no pieces, then whole words. Characters and words come by
 * falling frequency, equal ones by their text, so the same texts give the same vocabulary.
 */
public final class VocabularyBuilder {

  private static final List<String> SPECIAL =
      List.of(
          Vocabulary.PAD,
          Vocabulary.UNK,
          Vocabulary.CLS,
          Vocabulary.SEP,
          Vocabulary.MASK,
          "<s>",
          "</s>",
          "<o>",
          "</o>");

  private final BertTokenizer.Options options;
  private final BasicTokenizer basic;
  private final Map<String, Integer> words = new HashMap<>();
  private final Map<String, Integer> characters = new HashMap<>();

  public VocabularyBuilder(BertTokenizer.Options options) {
    this.options = options;
    this.basic = new BasicTokenizer(options.stripsAccents(), options.tokenizeChineseChars());
  }

  /** Counts the words of a text. */
  public VocabularyBuilder add(String text) {
    String lowered = options.doLowerCase() ? UnicodeTable.lower(text) : text;
    for (String word : basic.tokenize(lowered)) {
      words.merge(word, 1, Integer::sum);
      word.codePoints()
          .mapToObj(Character::toString)
          .forEach(character -> characters.merge(character, 1, Integer::sum));
    }
    return this;
  }

  /** Counts the words of several texts. */
  public VocabularyBuilder addAll(Iterable<String> texts) {
    texts.forEach(this::add);
    return this;
  }

  /**
   * The tokens.
   *
   * @param size at most so many; characters take half of them, and what words leave
   * @param minimum a word that occurs less often is left to its characters
   */
  public List<String> build(int size, int minimum) {
    if (size < SPECIAL.size() + 2 || minimum < 1) {
      throw new IllegalArgumentException(
          "vocabulary: size "
              + size
              + " and minimum "
              + minimum
              + " vs at least "
              + (SPECIAL.size() + 2)
              + " and 1");
    }
    var tokens = new LinkedHashSet<>(SPECIAL);
    addCharacters(tokens, Math.max(SPECIAL.size() + 2, size / 2));
    for (String word : byFrequency(words)) {
      if (tokens.size() < size && words.getOrDefault(word, 0) >= minimum) {
        tokens.add(word);
      }
    }
    addCharacters(tokens, size);
    return List.copyOf(tokens);
  }

  private void addCharacters(Set<String> tokens, int limit) {
    for (String character : byFrequency(characters)) {
      if (tokens.size() + 2 <= limit) {
        tokens.add(character);
        tokens.add("##" + character);
      }
    }
  }

  private static List<String> byFrequency(Map<String, Integer> counts) {
    var entries = new ArrayList<>(counts.entrySet());
    entries.sort(
        Collections.reverseOrder(Map.Entry.<String, Integer>comparingByValue())
            .thenComparing(Map.Entry.comparingByKey(Comparator.naturalOrder())));
    return entries.stream().map(Map.Entry::getKey).toList();
  }
}
