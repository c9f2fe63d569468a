package dev.mmib.text;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.ConfinedFiles;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What {@code tokenizer_config.json} and {@code special_tokens_map.json} say beside a vocabulary.
 *
 * <p>Further special tokens are honoured; other names for the five of BERT, other tokenizers and
 * what would change the pieces otherwise are refused.
 */
final class TokenizerSettings {

  static final String CONFIG = "tokenizer_config.json";
  static final String SPECIAL = "special_tokens_map.json";
  private static final String LONGEST_WORD = "max_input_chars_per_word";
  private static final String LONGEST_TEXT = "model_max_length";
  private static final String MORE = "additional_special_tokens";
  private static final String DECODER = "added_tokens_decoder";
  private static final String CURE = "Use a BERT tokenizer's files.";

  private static final Set<String> BERT = Set.of("unk", "sep", "pad", "cls", "mask");

  /** Tokenizers that cut as BERT's does. */
  private static final Set<String> CLASSES =
      Set.of(
          "BertTokenizer",
          "BertTokenizerFast",
          "DistilBertTokenizer",
          "DistilBertTokenizerFast",
          "ElectraTokenizer",
          "ElectraTokenizerFast");

  /** What only a tokenizer.json tells; with one, it is all there is to know. */
  private static final Set<String> ANY_FAST =
      Set.of("PreTrainedTokenizerFast", "TokenizersBackend");

  private final @Nullable JsonObject config;
  private final List<String> special;

  private TokenizerSettings(@Nullable JsonObject config, List<String> special) {
    this.config = config;
    this.special = special;
  }

  /** Reads the files of a directory, each of which may be missing. */
  static TokenizerSettings in(Path directory) {
    var config = json(directory, CONFIG);
    var map = json(directory, SPECIAL);
    var special = new LinkedHashSet<String>();
    if (config != null) {
      checkConfig(config, ConfinedFiles.has(directory, TokenizerFiles.TOKENIZER));
      collect(config, special);
    }
    if (map != null) {
      collect(map, special);
    }
    return new TokenizerSettings(config, List.copyOf(special));
  }

  private static @Nullable JsonObject json(Path directory, String name) {
    if (!ConfinedFiles.has(directory, name)) {
      return null;
    }
    var file = ConfinedFiles.in(directory, name, ErrorCode.VOCABULARY);
    return Json.read(file, ErrorCode.VOCABULARY).asObject();
  }

  private static void checkConfig(JsonObject config, boolean hasTokenizerJson) {
    var type = config.string("tokenizer_class", "BertTokenizer");
    if (!CLASSES.contains(type) && !(hasTokenizerJson && ANY_FAST.contains(type))) {
      throw config
          .at("tokenizer_class")
          .error("tokenizer_class " + MmibException.quote(type) + " is not BERT's", CURE);
    }
    if (!config.bool("do_basic_tokenize", true)) {
      throw config.at("do_basic_tokenize").error("false is not supported", "Set it to true.");
    }
    if (!config.absent("never_split") && !config.array("never_split").isEmpty()) {
      throw config
          .at("never_split")
          .error("tokens that are never split are not supported", "Add them as special tokens.");
    }
    if (!config.absent(LONGEST_TEXT) && !(config.number(LONGEST_TEXT) >= 1)) {
      throw config.at(LONGEST_TEXT).error(LONGEST_TEXT + " is less than 1", "Correct it.");
    }
  }

  /** Checks the names of BERT's five, and collects the special tokens beside them. */
  private static void collect(JsonObject json, Set<String> special) {
    for (var member : json.members().entrySet()) {
      var key = member.getKey();
      var value = member.getValue();
      boolean named = key.endsWith("_token") && !isFlag(value);
      if (named) {
        var token = content(value);
        var of = key.substring(0, key.length() - "_token".length());
        if (BERT.contains(of)) {
          var name = "[" + of.toUpperCase(Locale.ROOT) + "]";
          if (!token.equals(name)) {
            throw value.error(key + " is " + MmibException.quote(token) + ", not " + name, CURE);
          }
        } else {
          special.add(visible(token, value));
        }
      } else if ((key.equals(MORE) || key.equals("extra_special_tokens")) && !value.isNull()) {
        values(value).forEach(v -> special.add(visible(content(v), v)));
      }
    }
  }

  /** {@code add_prefix_token: true} and the like name no token, null none either. */
  private static boolean isFlag(JsonValue value) {
    return value.isNull() || value.toString().equals("true") || value.toString().equals("false");
  }

  private static List<JsonValue> values(JsonValue list) {
    return list instanceof JsonObject object
        ? List.copyOf(object.members().values())
        : list.asArray().items();
  }

  /** A token written as a string, or as an object with its content. */
  private static String content(JsonValue token) {
    return token instanceof JsonObject object ? object.string("content") : token.asString();
  }

  private static String visible(String token, JsonValue at) {
    if (token.isBlank()) {
      throw at.error("a special token is blank", "Remove it.");
    }
    return token;
  }

  /** Whether there is a {@code tokenizer_config.json}. */
  boolean areGiven() {
    return config != null;
  }

  /** How texts are cleaned: what is said here, else {@code usual}. */
  BertTokenizer.Options options(BertTokenizer.Options usual) {
    if (config == null) {
      return usual;
    }
    int longest = config.integer(LONGEST_WORD, usual.maxInputCharsPerWord());
    if (longest < 1 || longest > 10_000) {
      throw config.at(LONGEST_WORD).error(longest + " is not from 1 to 10000", "Correct it.");
    }
    return new BertTokenizer.Options(
        config.bool("do_lower_case", usual.doLowerCase()),
        config.absent("strip_accents")
            ? usual.stripAccents()
            : Boolean.valueOf(config.bool("strip_accents")),
        config.bool("tokenize_chinese_chars", usual.tokenizeChineseChars()),
        longest);
  }

  /** The tokenizer with the special tokens and the longest text that are said here. */
  BertTokenizer applyTo(BertTokenizer tokenizer) {
    var grown = tokenizer;
    if (config != null && !config.absent(DECODER)) {
      grown = withDecoder(grown, config.object(DECODER));
    }
    grown = grown.withAddedTokens(special);
    if (config == null || config.absent(LONGEST_TEXT)) {
      return grown;
    }
    // Tokenizers without a limit say 1e30.
    double longest = config.number(LONGEST_TEXT);
    return grown.withMaxLength((int) Math.min(longest, Integer.MAX_VALUE));
  }

  /** Tokens by id, each of which must be the vocabulary's or the next one. */
  private static BertTokenizer withDecoder(BertTokenizer tokenizer, JsonObject decoder) {
    var byId = new TreeMap<Integer, JsonObject>();
    for (var member : decoder.members().entrySet()) {
      if (!member.getKey().matches("0|[1-9][0-9]{0,8}")) {
        throw member
            .getValue()
            .error(MmibException.quote(member.getKey()) + " is no id of a token", CURE);
      }
      byId.put(Integer.parseInt(member.getKey()), member.getValue().asObject());
    }
    var contents = new LinkedHashSet<String>();
    int size = tokenizer.size();
    for (var entry : byId.entrySet()) {
      int id = entry.getKey();
      var at = entry.getValue();
      var token = visible(at.string("content"), at.at("content"));
      if (at.bool("single_word", false)) {
        throw at.at("single_word").error("true is not supported", "Set it to false.");
      }
      boolean known = id < tokenizer.size() && tokenizer.tokenOf(id).equals(token);
      boolean next = id == size && !tokenizer.contains(token) && !contents.contains(token);
      if (!known && !next) {
        throw at.error(
            "the id of "
                + MmibException.quote(token)
                + " is "
                + id
                + (tokenizer.contains(token)
                    ? ", in the vocabulary it is " + tokenizer.idOf(token)
                    : ", after the vocabulary comes " + size),
            "Use the vocabulary that the tokens were added to.");
      }
      contents.add(token);
      size += next ? 1 : 0;
    }
    return tokenizer.withAddedTokens(List.copyOf(contents));
  }
}
