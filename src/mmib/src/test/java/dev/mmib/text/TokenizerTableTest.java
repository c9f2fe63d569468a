package dev.mmib.text;

import static dev.mmib.text.TokenizerFolder.JSON;
import static dev.mmib.text.TokenizerFolder.VOCABULARY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Warnings;
import dev.mmib.text.TokenizerFolder.Change;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows V07 and V08 of the catalogue: a tokenizer.json, and files that say different things. */
class TokenizerTableTest {

  @TempDir Path dir;

  /** The good tokenizer.json with a piece of it replaced. */
  private static Arguments json(String id, String from, String to, String words) {
    return row(id, folder -> folder.write("tokenizer.json", replaced(from, to)), words);
  }

  private static String replaced(String from, String to) {
    assertTrue(JSON.contains(from), from);
    return JSON.replace(from, to);
  }

  private static Arguments row(String id, Change change, String words) {
    return Arguments.of(id, change, words);
  }

  /** The good vocab.txt with another file beside it. */
  private static Arguments beside(String id, String file, String content, String words) {
    return row(
        id,
        folder -> {
          folder.write("vocab.txt", VOCABULARY);
          folder.write(file, content);
        },
        words);
  }

  private static Arguments config(String id, String content, String words) {
    return beside(id, "tokenizer_config.json", content, words);
  }

  private static Arguments map(String id, String content, String words) {
    return beside(id, "special_tokens_map.json", content, words);
  }

  static Stream<Arguments> refused() {
    return Stream.of(models(), added(), settings(), disagreements()).flatMap(List::stream);
  }

  private static List<Arguments> models() {
    return List.of(
        json("V07a: BPE", "{\"type\": \"WordPiece\", \"unk", "{\"type\": \"BPE\", \"unk", "'BPE'"),
        json(
            "V07b: Unigram",
            "{\"type\": \"WordPiece\", \"unk",
            "{\"type\": \"Unigram\", \"unk",
            "'Unigram'"),
        json("V07c: a normalizer", "BertNormalizer", "NFKC", "'NFKC' vs BertNormalizer"),
        json("V07d: no normalizer", "\"normalizer\": {", "\"normalizer\": null, \"x\": {", "null"),
        json("V07e: not cleaned", "\"clean_text\": true", "\"clean_text\": false", "not supported"),
        json("V07f: a pre-tokenizer", "BertPreTokenizer", "Whitespace", "'Whitespace'"),
        json("V07l: merges", "{\"type\": \"WordPiece\", \"unk", "{\"merges\": [], \"unk", "merges"),
        json("V07m: [UNK]", "\"unk_token\": \"[UNK]\"", "\"unk_token\": \"<unk>\"", "'<unk>'"),
        json(
            "V07n: a prefix",
            "\"continuing_subword_prefix\": \"##\"",
            "\"continuing_subword_prefix\": \"@@\"",
            "'@@'"),
        json("V07o: a post-processor", "BertProcessing", "RobertaProcessing", "Roberta"),
        json("V07p: another [CLS]", "[\"[CLS]\", 2]", "[\"[SEP]\", 3]", "cls is not [CLS]"),
        json(
            "V07q: a template",
            "{\"type\": \"BertProcessing\"",
            "{\"type\": \"TemplateProcessing\", \"single\":"
                + " [{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}], \"x\": 0",
            "the template is not"),
        json(
            "V07r: the longest word",
            "\"max_input_chars_per_word\": 100",
            "\"max_input_chars_per_word\": 0",
            "from 1 to 10000"));
  }

  private static List<Arguments> added() {
    return List.of(
        json("V07g: an added id out of range", "\"id\": 0", "\"id\": 12", "has id 12"),
        json("V07h: an added id that clashes", "\"id\": 0", "\"id\": 5", "has id 5"),
        json("V07i: an id twice", "\"a\": 5", "\"a\": 6", "same id 6"),
        json("V07j: a gap", "\"A\": 8", "\"A\": 9", "without a gap"),
        json("V07k: a token twice", "\"b\": 6", "\"a\": 6", "duplicate key"),
        json("V07s: an id that is text", "\"a\": 5", "\"a\": \"5\"", "expected a number"),
        json("V07t: an id below 0", "\"a\": 5", "\"a\": -1", "without a gap"),
        json("V07u: an id of 2^31", "\"a\": 5", "\"a\": 2147483648", "a whole number"),
        json("V07v: a whole word", "\"special\": true", "\"single_word\": true", "not supported"),
        json(
            "V07w: a blank one",
            "{\"id\": 0, \"content\": \"[PAD]\"",
            "{\"id\": 9, \"content\": \" \"",
            "' ' has id 9"),
        json(
            "V07x: twice",
            "\"added_tokens\": [",
            "\"added_tokens\": [{\"id\": 9, \"content\": \"x\"}, {\"id\": 10, \"content\": \"x\"},",
            "'x' has id 10"),
        config(
            "V07y: a decoder's id that another has",
            "{\"added_tokens_decoder\": {\"0\": {\"content\": \"[UNK]\"}}}",
            "the id of '[UNK]' is 0, in the vocabulary it is 1"),
        config(
            "V07z: a decoder's id out of range",
            "{\"added_tokens_decoder\": {\"12\": {\"content\": \"<x>\"}}}",
            "after the vocabulary comes 9"),
        config(
            "V07A: no id",
            "{\"added_tokens_decoder\": {\"x\": {\"content\": \"<x>\"}}}",
            "'x' is no id"),
        beside("V07B: an added id", "added_tokens.json", "{\"<x>\": 12}", "vocabulary comes 9"),
        beside("V07C: a blank added one", "added_tokens.json", "{\" \": 9}", "blank"));
  }

  private static List<Arguments> settings() {
    return List.of(
        config("V08a: another [UNK]", "{\"unk_token\": \"<unk>\"}", "'<unk>', not [UNK]"),
        config(
            "V08b: another [CLS]", "{\"cls_token\": {\"content\": \"<s>\"}}", "'<s>', not [CLS]"),
        config("V08c: no basic splitting", "{\"do_basic_tokenize\": false}", "not supported"),
        config("V08d: never split", "{\"never_split\": [\"x\"]}", "never split"),
        config("V08e: an answer in words", "{\"do_lower_case\": \"yes\"}", "true or false"),
        config("V08f: an array", "[]", "expected an object"),
        config("V08g: cut", "{", "not valid JSON"),
        config(
            "V08h: a class", "{\"tokenizer_class\": \"RobertaTokenizer\"}", "'RobertaTokenizer'"),
        config(
            "V08i: a Japanese one",
            "{\"tokenizer_class\": \"BertJapaneseTokenizer\"}",
            "'BertJapaneseTokenizer' is not BERT's"),
        config(
            "V08j: a fast one without its file",
            "{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}",
            "is not BERT's"),
        config("V08k: texts of no length", "{\"model_max_length\": 0}", "less than 1"),
        config("V08l: a length in words", "{\"model_max_length\": \"512\"}", "expected a number"),
        config("V08m: a long word", "{\"max_input_chars_per_word\": 0}", "from 1 to 10000"),
        map("V08n: another [CLS] in the map", "{\"cls_token\": \"<s>\"}", "'<s>', not [CLS]"),
        map("V08o: as an object", "{\"sep_token\": {\"content\": \"</s>\"}}", "not [SEP]"),
        map("V08p: another [MASK]", "{\"mask_token\": \"<mask>\"}", "not [MASK]"),
        map("V08q: a blank one", "{\"additional_special_tokens\": [\" \"]}", "blank"),
        map("V08r: a number", "{\"additional_special_tokens\": [1]}", "expected a string"),
        map("V08s: an array", "[]", "expected an object"));
  }

  private static Arguments both(String id, String vocabulary, String config, String words) {
    return row(
        id,
        folder -> {
          folder.write("tokenizer.json", JSON);
          folder.write("tokenizer_config.json", config);
          if (!vocabulary.isEmpty()) {
            folder.write("vocab.txt", vocabulary);
          }
        },
        words);
  }

  private static List<Arguments> disagreements() {
    return List.of(
        both("V08t: order", VOCABULARY.replace("a\nb\n", "b\na\n"), "{}", "id 5 is 'b' and 'a'"),
        both("V08u: one more", VOCABULARY + "more\n", "{}", "id 9 is 'more' and nothing"),
        both("V08v: one less", VOCABULARY.replace("A\n", ""), "{}", "id 8 is nothing and 'A'"),
        both("V08w: case", VOCABULARY, "{\"do_lower_case\": false}", "disagree"),
        both("V08x: accents", VOCABULARY, "{\"strip_accents\": false}", "disagree"),
        both("V08y: case, without a vocab.txt", "", "{\"do_lower_case\": false}", "disagree"),
        both("V08z: Chinese", "", "{\"tokenize_chinese_chars\": false}", "disagree"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void refuses(String id, Change change, String words) throws IOException {
    change.to(new TokenizerFolder(dir));
    var e = assertThrows(MmibException.class, () -> BertTokenizer.load(dir));
    assertEquals(ErrorCode.VOCABULARY, e.code(), e.toString());
    assertTrue(String.valueOf(e.file()).startsWith(dir.toString()), e::toString);
    assertTrue(e.what().contains(words), e::toString);
    boolean whole = e.what().contains("disagree");
    assertEquals(!whole, String.valueOf(e.position()).matches("line \\d+:\\d+"), e.toString());
  }

  private static Arguments taken(
      String id, Change change, Function<BertTokenizer, Object> value, Object wanted) {
    return Arguments.of(id, change, value, wanted);
  }

  private static Change with(String file, String content) {
    return folder -> {
      folder.write("vocab.txt", VOCABULARY);
      folder.write(file, content);
    };
  }

  static Stream<Arguments> taken() {
    return Stream.of(
        taken(
            "V07D: truncation, padding and a decoder are ignored",
            folder ->
                folder.write(
                    "tokenizer.json",
                    replaced("\"padding\": null", "\"padding\": {\"pad_id\": 7}")
                        .replace("{\"type\": \"WordPiece\"},", "{\"type\": \"ByteLevel\"},")),
            t -> t.tokenize("Ab b a a a a a a"),
            List.of("a", "##b", "b", "a", "a", "a", "a", "a", "a")),
        taken(
            "V07E: an added token",
            folder ->
                folder.write(
                    "tokenizer.json",
                    replaced(
                        "\"added_tokens\": [",
                        "\"added_tokens\": [{\"id\": 9, \"content\": \"<s>\"}, ")),
            t -> List.of(t.idOf("<s>"), t.tokenize("a<s>b")),
            List.of(9, List.of("a", "<s>", "b"))),
        taken(
            "V07F: a decoder's tokens",
            with(
                "tokenizer_config.json",
                "{\"added_tokens_decoder\": {\"9\": {\"content\": \"<x>\"},"
                    + " \"0\": {\"content\": \"[PAD]\", \"special\": true}}}"),
            t -> List.of(t.size(), t.tokenize("a<x>")),
            List.of(10, List.of("a", "<x>"))),
        taken(
            "V07G: added tokens in any order",
            with("added_tokens.json", "{\"<o>\": 10, \"<s>\": 9}"),
            t -> List.of(t.idOf("<s>"), t.size()),
            List.of(9, 11)),
        taken(
            "V08A: further special tokens",
            with(
                "special_tokens_map.json",
                "{\"cls_token\": \"[CLS]\", \"additional_special_tokens\": [\"<e>\","
                    + " {\"content\": \"b\"}], \"bos_token\": \"<b>\"}"),
            t -> List.of(t.size(), t.tokenize("ab<e>a<b>")),
            List.of(11, List.of("a", "b", "<e>", "a", "<b>"))),
        taken(
            "V08B: settings",
            with(
                "tokenizer_config.json",
                "{\"do_lower_case\": false, \"model_max_length\": 64, \"unk_token\": \"[UNK]\","
                    + " \"tokenizer_class\": \"BertTokenizerFast\", \"add_prefix_token\": true}"),
            t -> List.of(t.tokenize("A"), t.maxLength()),
            List.of(List.of("A"), 64)),
        taken(
            "V08C: no limit",
            with(
                "tokenizer_config.json", "{\"model_max_length\": 1000000000000000019884624838656}"),
            BertTokenizer::maxLength,
            Integer.MAX_VALUE),
        taken(
            "V08D: both files and nothing beside",
            folder -> {
              folder.write(
                  "tokenizer.json", replaced("\"lowercase\": true", "\"lowercase\": false"));
              folder.write("vocab.txt", VOCABULARY);
            },
            t -> t.tokenize("A a"),
            List.of("A", "a")),
        taken(
            "V08E: any fast class with a tokenizer.json",
            folder -> {
              folder.write("tokenizer.json", JSON);
              folder.write(
                  "tokenizer_config.json",
                  "{\"tokenizer_class\": \"PreTrainedTokenizerFast\", \"do_lower_case\": true}");
            },
            t -> t.tokenize("A a"),
            List.of("a", "a")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("taken")
  void takes(String id, Change change, Function<BertTokenizer, Object> value, Object wanted)
      throws IOException {
    change.to(new TokenizerFolder(dir));
    try (var warnings = new Warnings("dev.mmib")) {
      assertEquals(wanted, value.apply(BertTokenizer.load(dir)));
      // The small vocabulary has one word of each case, and nothing else is odd.
      assertTrue(warnings.take().stream().allMatch(w -> w.contains("1 tokens have upper")));
    }
  }
}
