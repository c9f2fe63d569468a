package dev.mmib.text;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a tokenizer in a HuggingFace directory.
 *
 * <p>{@code vocab.txt} or {@code tokenizer.json} hold the tokens, {@code tokenizer_config.json} the
 * settings, {@code added_tokens.json} further tokens. What would change the pieces and is not
 * supported is refused.
 */
final class TokenizerFiles {

  private static final Logger LOG = LoggerFactory.getLogger(TokenizerFiles.class);

  static final String VOCABULARY = "vocab.txt";
  static final String TOKENIZER = "tokenizer.json";
  static final String CONFIG = "tokenizer_config.json";
  private static final String LONGEST_WORD = "max_input_chars_per_word";
  private static final int USUAL_LONGEST_WORD = 100;
  static final String ADDED = "added_tokens.json";

  private TokenizerFiles() {}

  static BertTokenizer load(Path path, BertTokenizer.@Nullable Options wanted) {
    if (!Files.isDirectory(path)) {
      BertTokenizer tokenizer =
          isJson(path) ? TokenizerJson.read(path, wanted) : fromVocabulary(path, wanted);
      return checked(tokenizer);
    }
    Path vocabulary = path.resolve(VOCABULARY);
    Path json = path.resolve(TOKENIZER);
    if (!Files.exists(vocabulary) && !Files.exists(json)) {
      throw MmibException.in(
          path.toString(),
          ErrorCode.VOCABULARY,
          "neither vocab.txt nor tokenizer.json is in the directory",
          "Put the one that came with the model there.");
    }
    if (!Files.exists(json)) {
      return checked(withAdded(path, fromVocabulary(vocabulary, wanted)));
    }
    BertTokenizer fromJson = TokenizerJson.read(json, wanted);
    if (!Files.exists(vocabulary)) {
      return checked(withAdded(path, fromJson));
    }
    boolean configured = wanted != null || Files.exists(path.resolve(CONFIG));
    BertTokenizer tokenizer =
        withAdded(path, fromVocabulary(vocabulary, configured ? wanted : fromJson.options()))
            .withAddedTokens(fromJson.added());
    agree(path, tokenizer, fromJson);
    return checked(tokenizer);
  }

  private static BertTokenizer fromVocabulary(
      Path vocabulary, BertTokenizer.@Nullable Options wanted) {
    return BertTokenizer.of(
        Vocabulary.read(vocabulary), wanted == null ? options(vocabulary) : wanted);
  }

  private static boolean isJson(Path path) {
    return path.toString().endsWith(".json");
  }

  /** Logs what is odd, once. */
  private static BertTokenizer checked(BertTokenizer tokenizer) {
    tokenizer.warnings().forEach(warning -> LOG.warn("vocabulary: {}", warning));
    return tokenizer;
  }

  /** The settings in {@code tokenizer_config.json} beside a vocabulary; uncased without it. */
  private static BertTokenizer.Options options(Path vocabulary) {
    Path config = vocabulary.resolveSibling(CONFIG);
    if (!Files.exists(config)) {
      return BertTokenizer.Options.uncased();
    }
    JsonObject settings = Json.read(config, ErrorCode.VOCABULARY).asObject();
    for (String token : List.of("unk", "sep", "pad", "cls", "mask")) {
      String key = token + "_token";
      String name = "[" + token.toUpperCase(Locale.ROOT) + "]";
      if (!settings.absent(key) && !content(settings.at(key)).equals(name)) {
        throw settings.at(key).error(key + " is not " + name, "Use a BERT tokenizer's files.");
      }
    }
    if (!settings.bool("do_basic_tokenize", true)) {
      throw settings.at("do_basic_tokenize").error("false is not supported", "Set it to true.");
    }
    if (!settings.absent("never_split") && !settings.array("never_split").isEmpty()) {
      throw settings
          .at("never_split")
          .error("tokens that are never split are not supported", "Add them as special tokens.");
    }
    return new BertTokenizer.Options(
        settings.bool("do_lower_case", true),
        settings.absent("strip_accents") ? null : settings.bool("strip_accents"),
        settings.bool("tokenize_chinese_chars", true),
        longestWord(settings));
  }

  private static int longestWord(JsonObject settings) {
    int longest = settings.integer(LONGEST_WORD, USUAL_LONGEST_WORD);
    if (longest < 1 || longest > 10_000) {
      throw settings.at(LONGEST_WORD).error(longest + " is not from 1 to 10000", "Correct it.");
    }
    return longest;
  }

  /** A token written as a string, or as an object with its content. */
  private static String content(JsonValue token) {
    return token instanceof JsonObject object ? object.string("content") : token.asString();
  }

  private static BertTokenizer withAdded(Path directory, BertTokenizer tokenizer) {
    Path file = directory.resolve(ADDED);
    if (!Files.exists(file)) {
      return tokenizer;
    }
    JsonObject ids = Json.read(file, ErrorCode.VOCABULARY).asObject();
    var tokens = new ArrayList<>(ids.keys());
    for (String token : tokens) {
      if (token.isBlank()) {
        throw ids.at(token).error("an added token is blank", "Remove it.");
      }
    }
    tokens.sort((a, b) -> Integer.compare(ids.integer(a), ids.integer(b)));
    BertTokenizer grown = tokenizer.withAddedTokens(tokens);
    for (String token : tokens) {
      if (grown.idOf(token) != ids.integer(token)) {
        throw ids.at(token)
            .error(
                "the id of "
                    + MmibException.quote(token)
                    + " is "
                    + ids.integer(token)
                    + ", after the vocabulary comes "
                    + grown.idOf(token),
                "Use the vocabulary that the tokens were added to.");
      }
    }
    return grown;
  }

  private static void agree(Path directory, BertTokenizer vocabulary, BertTokenizer json) {
    List<String> a = vocabulary.tokens();
    List<String> b = json.tokens();
    for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
      String one = i < a.size() ? MmibException.quote(a.get(i)) : "nothing";
      String other = i < b.size() ? MmibException.quote(b.get(i)) : "nothing";
      if (!one.equals(other)) {
        throw MmibException.in(
            directory.toString(),
            ErrorCode.VOCABULARY,
            "vocab.txt and tokenizer.json disagree: id " + i + " is " + one + " and " + other,
            "Keep the file that came with the weights and remove the other.");
      }
    }
    if (!vocabulary.options().equalsInEffect(json.options())) {
      throw MmibException.in(
          directory.toString(),
          ErrorCode.VOCABULARY,
          "tokenizer_config.json and tokenizer.json disagree: "
              + vocabulary.options()
              + " and "
              + json.options(),
          "Keep the file that came with the weights and remove the other.");
    }
  }

  /** The texts of {@code vocab.txt} and {@code tokenizer_config.json}. */
  static Map<String, String> of(BertTokenizer tokenizer) {
    for (String token : tokenizer.tokens()) {
      if (token.indexOf('\n') >= 0) {
        throw new IllegalArgumentException("tokenizer: a token with a line feed cannot be written");
      }
    }
    BertTokenizer.Options options = tokenizer.options();
    var config =
        new JsonObject()
            .put("do_lower_case", options.doLowerCase())
            .put("tokenize_chinese_chars", options.tokenizeChineseChars())
            .put("tokenizer_class", "BertTokenizer");
    if (options.maxInputCharsPerWord() != USUAL_LONGEST_WORD) {
      config.put(LONGEST_WORD, options.maxInputCharsPerWord());
    }
    if (options.stripAccents() != null) {
      config.put("strip_accents", options.stripAccents().booleanValue());
    }
    var files = new TreeMap<String, String>();
    files.put(VOCABULARY, String.join("\n", tokenizer.tokens()) + "\n");
    files.put(CONFIG, Json.writeIndented(config));
    return files;
  }
}
