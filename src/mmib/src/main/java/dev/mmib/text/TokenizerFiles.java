package dev.mmib.text;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.ConfinedFiles;
import dev.mmib.io.Json;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a tokenizer in a HuggingFace directory.
 *
 * <p>{@code vocab.txt} or {@code tokenizer.json} hold the tokens, {@code tokenizer_config.json} the
 * settings, {@code special_tokens_map.json} and {@code added_tokens.json} further tokens. What
 * would change the pieces and is not supported is refused.
 */
final class TokenizerFiles {

  private static final Logger LOG = LoggerFactory.getLogger(TokenizerFiles.class);

  static final String VOCABULARY = "vocab.txt";
  static final String TOKENIZER = "tokenizer.json";
  private static final String LONGEST_WORD = "max_input_chars_per_word";
  private static final int USUAL_LONGEST_WORD = 100;
  static final String ADDED = "added_tokens.json";

  private TokenizerFiles() {}

  static BertTokenizer load(Path path, BertTokenizer.@Nullable Options wanted) {
    return checked(Files.isDirectory(path) ? directory(path, wanted) : single(path, wanted));
  }

  private static BertTokenizer single(Path path, BertTokenizer.@Nullable Options wanted) {
    if (isJson(path)) {
      return TokenizerJson.read(path, wanted);
    }
    var beside = path.toAbsolutePath().getParent();
    var usual = BertTokenizer.Options.uncased();
    var options =
        wanted != null || beside == null ? wanted : TokenizerSettings.in(beside).options(usual);
    return BertTokenizer.of(Vocabulary.read(path), options == null ? usual : options);
  }

  private static BertTokenizer directory(Path path, BertTokenizer.@Nullable Options wanted) {
    var settings = TokenizerSettings.in(path);
    var json =
        ConfinedFiles.has(path, TOKENIZER)
            ? TokenizerJson.read(ConfinedFiles.in(path, TOKENIZER, ErrorCode.VOCABULARY), wanted)
            : null;
    BertTokenizer tokenizer;
    if (ConfinedFiles.has(path, VOCABULARY)) {
      var vocabulary = Vocabulary.read(ConfinedFiles.in(path, VOCABULARY, ErrorCode.VOCABULARY));
      var usual =
          json == null || settings.areGiven() ? BertTokenizer.Options.uncased() : json.options();
      var options = wanted == null ? settings.options(usual) : wanted;
      tokenizer = withAdded(path, BertTokenizer.of(vocabulary, options));
      if (json != null) {
        tokenizer = tokenizer.withAddedTokens(json.added());
        agree(path, tokenizer, json);
        agree(path, tokenizer.options(), json.options());
      }
    } else if (json != null) {
      tokenizer = withAdded(path, json);
      if (wanted == null) {
        agree(path, settings.options(json.options()), json.options());
      }
    } else {
      throw MmibException.in(
          path.toString(),
          ErrorCode.VOCABULARY,
          "neither vocab.txt nor tokenizer.json is in the directory",
          "Put the one that came with the model there.");
    }
    return settings.applyTo(tokenizer);
  }

  private static boolean isJson(Path path) {
    return path.toString().endsWith(".json");
  }

  /** Logs what is odd, once. */
  private static BertTokenizer checked(BertTokenizer tokenizer) {
    tokenizer.warnings().forEach(warning -> LOG.warn("vocabulary: {}", warning));
    return tokenizer;
  }

  private static BertTokenizer withAdded(Path directory, BertTokenizer tokenizer) {
    if (!ConfinedFiles.has(directory, ADDED)) {
      return tokenizer;
    }
    Path file = ConfinedFiles.in(directory, ADDED, ErrorCode.VOCABULARY);
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
  }

  private static void agree(
      Path directory, BertTokenizer.Options config, BertTokenizer.Options json) {
    if (!config.equalsInEffect(json)) {
      throw MmibException.in(
          directory.toString(),
          ErrorCode.VOCABULARY,
          "tokenizer_config.json and tokenizer.json disagree: " + config + " and " + json,
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
    if (tokenizer.maxLength() < Integer.MAX_VALUE) {
      config.put("model_max_length", tokenizer.maxLength());
    }
    var special = new JsonArray();
    tokenizer.added().forEach(special::add);
    if (!special.isEmpty()) {
      config.put("additional_special_tokens", special);
    }
    var files = new TreeMap<String, String>();
    files.put(VOCABULARY, String.join("\n", tokenizer.tokens()) + "\n");
    files.put(TokenizerSettings.CONFIG, Json.writeIndented(config));
    return files;
  }
}
