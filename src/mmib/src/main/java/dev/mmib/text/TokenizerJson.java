package dev.mmib.text;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the {@code tokenizer.json} of the Rust tokenizers, where it describes a BERT tokenizer.
 *
 * <p>Any other model, normalizer, pre-tokenizer or post-processor is refused. Its truncation and
 * padding are those of whoever wrote it and are ignored, its decoder too.
 */
final class TokenizerJson {

  private static final String CURE = "Use the tokenizer of a BERT model.";

  private TokenizerJson() {}

  static BertTokenizer read(Path path, BertTokenizer.@Nullable Options wanted) {
    JsonObject root = Json.read(path, ErrorCode.VOCABULARY).asObject();
    JsonObject model = root.object("model");
    if (model.has("type")) {
      only(model, "type", "WordPiece");
    } else if (model.has("merges")) {
      throw model.at("merges").error("the model has merges, so it is no WordPiece", CURE);
    }
    if (!model.absent("unk_token")) {
      only(model, "unk_token", Vocabulary.UNK);
    }
    if (!model.absent("continuing_subword_prefix")) {
      only(model, "continuing_subword_prefix", "##");
    }
    JsonObject preTokenizer = root.object("pre_tokenizer");
    only(preTokenizer, "type", "BertPreTokenizer");
    if (!root.absent("post_processor")) {
      checkPostProcessor(root.object("post_processor"));
    }
    int longest = model.integer("max_input_chars_per_word", 100);
    if (longest < 1 || longest > 10_000) {
      throw model.at("max_input_chars_per_word").error(longest + " is not from 1 to 10000", CURE);
    }
    BertTokenizer.Options options = options(root.object("normalizer"), longest);
    var ids = new TreeMap<Integer, String>();
    put(model.object("vocab"), ids);
    List<String> added = added(root, ids);
    var vocabulary = Vocabulary.of(contiguous(model, ids), path.toString());
    return BertTokenizer.of(vocabulary, wanted == null ? options : wanted).withAddedTokens(added);
  }

  private static void only(JsonObject object, String key, String value) {
    if (!object.string(key).equals(value)) {
      throw object
          .at(key)
          .error(key + " " + MmibException.quote(object.string(key)) + " vs " + value, CURE);
    }
  }

  private static BertTokenizer.Options options(JsonObject normalizer, int longest) {
    only(normalizer, "type", "BertNormalizer");
    if (!normalizer.bool("clean_text", true)) {
      throw normalizer.at("clean_text").error("false is not supported", "Set it to true.");
    }
    return new BertTokenizer.Options(
        normalizer.bool("lowercase", true),
        normalizer.absent("strip_accents") ? null : normalizer.bool("strip_accents"),
        normalizer.bool("handle_chinese_chars", true),
        longest);
  }

  private static void put(JsonObject vocabulary, TreeMap<Integer, String> ids) {
    for (var entry : vocabulary.members().entrySet()) {
      String before = ids.put(entry.getValue().asInt(), entry.getKey());
      if (before != null) {
        throw entry
            .getValue()
            .error(
                MmibException.quote(before)
                    + " and "
                    + MmibException.quote(entry.getKey())
                    + " have the same id "
                    + entry.getValue().asInt(),
                CURE);
      }
    }
  }

  /** The ids must run from 0 without a gap. */
  private static List<String> contiguous(JsonObject model, TreeMap<Integer, String> ids) {
    boolean whole = !ids.isEmpty() && ids.firstKey() == 0 && ids.lastKey() == ids.size() - 1;
    if (!whole) {
      throw model
          .at("vocab")
          .error(ids.size() + " tokens whose ids do not run from 0 without a gap", CURE);
    }
    return List.copyOf(ids.values());
  }

  /**
   * The tokens beside the vocabulary, which must carry its ids or the next ones. The five of BERT
   * are special anyway.
   */
  private static List<String> added(JsonObject root, TreeMap<Integer, String> ids) {
    var further = new ArrayList<String>();
    var contents = new HashSet<>(ids.values());
    if (root.absent("added_tokens")) {
      return further;
    }
    for (JsonValue item : root.array("added_tokens")) {
      JsonObject token = item.asObject();
      String content = token.string("content");
      int id = token.integer("id");
      int next = contents.size();
      boolean known = content.equals(ids.get(id));
      if (content.isBlank() || (!known && (id != next || contents.contains(content)))) {
        throw token
            .at("id")
            .error(
                "the added token "
                    + MmibException.quote(content)
                    + " has id "
                    + id
                    + ", which is neither its id in the vocabulary nor the next one, "
                    + next,
                CURE);
      }
      if (token.bool("single_word", false)) {
        throw token.at("single_word").error("true is not supported", "Set it to false.");
      }
      contents.add(content);
      further.add(content);
    }
    return further;
  }

  private static void checkPostProcessor(JsonObject processor) {
    String type = processor.string("type");
    if (type.equals("BertProcessing")) {
      for (String token : List.of("cls", "sep")) {
        String name = "[" + token.toUpperCase(Locale.ROOT) + "]";
        if (!processor.array(token).at(0).asString().equals(name)) {
          throw processor.at(token).error(token + " is not " + name, CURE);
        }
      }
      return;
    }
    only(processor, "type", "TemplateProcessing");
    template(processor, "single", "[CLS]0 A0 [SEP]0");
    template(processor, "pair", "[CLS]0 A0 [SEP]0 B1 [SEP]1");
  }

  private static void template(JsonObject processor, String key, String expected) {
    JsonArray steps = processor.array(key);
    String[] found = new String[steps.size()];
    for (int i = 0; i < found.length; i++) {
      JsonObject step = steps.at(i).asObject();
      JsonObject inner = step.object(step.has("Sequence") ? "Sequence" : "SpecialToken");
      found[i] = inner.string("id") + inner.integer("type_id");
    }
    if (!Arrays.asList(found).equals(List.of(expected.split(" ")))) {
      throw steps.error("the template is not " + expected, CURE);
    }
  }
}
