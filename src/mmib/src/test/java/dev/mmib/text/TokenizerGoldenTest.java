package dev.mmib.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.mmib.data.TestData;
import dev.mmib.golden.Golden;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The tokenizer against HuggingFace's, with the small vocabulary and with the genuine one. */
class TokenizerGoldenTest {

  private static final List<String> MARKERS = List.of("<s>", "</s>", "<o>", "</o>");

  /** Files that name a vocabulary of theirs use it, the others want the genuine one. */
  @TestFactory
  Stream<DynamicNode> cutsTextsAsTheReferenceDoes() {
    Path group = Golden.require("tokenizer");
    return Golden.jsonFiles(group).stream().map(file -> container(group, file, "vocab.txt"));
  }

  @TestFactory
  Stream<DynamicNode> cutsTextsAsTheReferenceDoesWithTokenizerJson() {
    Path group = Golden.require("tokenizer");
    return Golden.jsonFiles(group).stream()
        .filter(file -> Golden.json(file).absent("vocab"))
        .map(file -> container(group, file, "tokenizer.json"));
  }

  private static DynamicNode container(Path group, Path file, String genuine) {
    JsonObject cases = Golden.json(file);
    String name = file.getFileName() + " with " + genuine;
    if (!cases.absent("vocab")) {
      return dynamicContainer(name, tests(cases, group.resolve(cases.string("vocab"))));
    }
    Path vocabulary = TestData.path("bert-base-uncased/" + genuine);
    return Files.exists(vocabulary)
        ? dynamicContainer(name, tests(cases, vocabulary))
        : dynamicTest(name, () -> Golden.skip(name + ": no " + vocabulary));
  }

  private static List<DynamicTest> tests(JsonObject file, Path vocabulary) {
    var tests = new ArrayList<DynamicTest>();
    var uncased = BertTokenizer.load(vocabulary, BertTokenizer.Options.uncased());
    for (var entry : file.object("settings").members().entrySet()) {
      JsonObject setting = entry.getValue().asObject();
      var tokenizer = BertTokenizer.load(vocabulary, options(setting.object("settings")));
      each(setting, "cases", tests, entry.getKey(), c -> tokenize(tokenizer, c));
    }
    each(file, "encode", tests, "encode", c -> encode(uncased, c));
    each(file, "per_word", tests, "per word", c -> perWord(uncased, c));
    each(file, "decode", tests, "decode", c -> decode(uncased, c));
    if (!file.absent("relation_markers")) {
      JsonObject markers = file.object("relation_markers");
      tests.add(dynamicTest("markers", () -> markers(uncased, markers)));
      var marked = uncased.withAddedTokens(MARKERS);
      each(markers, "cases", tests, "markers", c -> marked(marked, c));
    }
    return tests;
  }

  private interface Check {
    void of(JsonObject oneCase);
  }

  private static void each(
      JsonObject parent, String key, List<DynamicTest> tests, String name, Check check) {
    if (parent.absent(key)) {
      return;
    }
    JsonArray cases = parent.array(key);
    for (int i = 0; i < cases.size(); i++) {
      JsonObject oneCase = cases.at(i).asObject();
      tests.add(dynamicTest(name + " " + i, () -> check.of(oneCase)));
    }
  }

  private static BertTokenizer.Options options(JsonObject settings) {
    for (String key : settings.keys()) {
      if (!List.of("do_lower_case", "strip_accents", "tokenize_chinese_chars").contains(key)) {
        fail("a setting that this test does not know: " + key);
      }
    }
    return new BertTokenizer.Options(
        settings.bool("do_lower_case", true),
        settings.absent("strip_accents") ? null : settings.bool("strip_accents"),
        settings.bool("tokenize_chinese_chars", true),
        100);
  }

  private static void tokenize(BertTokenizer tokenizer, JsonObject c) {
    List<String> tokens = tokenizer.tokenize(c.string("text"));
    assertEquals(c.array("tokens").strings(), tokens);
    assertArrayEquals(c.array("ids").ints(), tokenizer.idsOf(tokens));
  }

  private static void encode(BertTokenizer tokenizer, JsonObject c) {
    EncodeOptions how = encodeOptions(c.object("options"));
    JsonValue input = c.at("input");
    Encoding found =
        switch (c.string("kind")) {
          case "token_list" -> tokenizer.encodeTokens(input.asArray().strings(), how);
          case "text", "text_no_special", "pair" ->
              tokenizer.encode(input.asString(), c.absent("pair") ? null : c.string("pair"), how);
          default -> fail("a kind of case that this test does not know: " + c.string("kind"));
        };
    assertArrayEquals(c.array("input_ids").ints(), found.ids());
    assertArrayEquals(c.array("token_type_ids").ints(), found.types());
    assertArrayEquals(c.array("attention_mask").ints(), found.mask());
    assertEquals(c.array("tokens").strings(), found.tokens());
  }

  private static EncodeOptions encodeOptions(JsonObject options) {
    int longest = options.integer("max_length", EncodeOptions.UNLIMITED);
    boolean pad = options.string("padding", "").equals("max_length");
    EncodeOptions how = pad ? EncodeOptions.padded(longest) : EncodeOptions.atMost(longest);
    if (!options.bool("add_special_tokens", true)) {
      how = how.withoutSpecialTokens();
    }
    if (options.find("truncation") != null
        && options.at("truncation").toString().startsWith("\"")) {
      String name = options.string("truncation").toUpperCase(Locale.ROOT);
      how = how.withTruncation(Truncation.valueOf(name));
    }
    return how;
  }

  private static void perWord(BertTokenizer tokenizer, JsonObject c) {
    List<String> words = c.array("words").strings();
    for (int i = 0; i < words.size(); i++) {
      assertEquals(c.array("pieces").at(i).asArray().strings(), tokenizer.tokenize(words.get(i)));
    }
  }

  private static void markers(BertTokenizer tokenizer, JsonObject markers) {
    assertEquals(markers.integer("len_before"), tokenizer.size());
    BertTokenizer marked = tokenizer.withAddedTokens(MARKERS);
    assertEquals(markers.integer("len_after"), marked.size());
    assertArrayEquals(markers.array("ids").ints(), marked.idsOf(MARKERS));
  }

  private static void marked(BertTokenizer tokenizer, JsonObject c) {
    String text = c.string("text");
    int[] ids = c.array("input_ids").ints();
    assertEquals(c.array("tokens").strings(), tokenizer.tokenize(text));
    Encoding found = tokenizer.encode(text, EncodeOptions.padded(ids.length));
    assertArrayEquals(ids, found.ids());
    if (!c.absent("attention_mask")) {
      assertArrayEquals(c.array("attention_mask").ints(), found.mask());
    }
  }

  private static void decode(BertTokenizer tokenizer, JsonObject c) {
    int[] ids = c.array("ids").ints();
    assertEquals(c.string("raw"), tokenizer.decode(ids));
    assertEquals(c.string("text"), tokenizer.decode(ids, true, true));
  }
}
