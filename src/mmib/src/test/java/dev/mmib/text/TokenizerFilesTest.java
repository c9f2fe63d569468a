package dev.mmib.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.data.TestData;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerFilesTest {

  private static final String VOCABULARY = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##b\nA\n";
  private static final String JSON =
      """
      {"version": "1.0", "truncation": {"max_length": 8}, "padding": null,
       "added_tokens": [{"id": 0, "content": "[PAD]", "special": true}],
       "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
         "strip_accents": null, "lowercase": true},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
       "decoder": {"type": "WordPiece"},
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
         "max_input_chars_per_word": 100, "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2,
         "[SEP]": 3, "[MASK]": 4, "a": 5, "b": 6, "##b": 7, "A": 8}}}
      """;

  @TempDir Path folder;

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private BertTokenizer load(String vocabulary) throws IOException {
    return BertTokenizer.load(write("vocab.txt", vocabulary));
  }

  private static MmibException refuses(Path path) {
    var error = assertThrows(MmibException.class, () -> BertTokenizer.load(path));
    assertEquals(ErrorCode.VOCABULARY, error.code(), error.toString());
    return error;
  }

  @ParameterizedTest
  @ValueSource(strings = {"[PAD]", "[UNK]", "[CLS]", "[SEP]"})
  void v01RefusesAVocabularyWithoutATokenThatIsNeeded(String token) throws IOException {
    MmibException error = refuses(write("vocab.txt", VOCABULARY.replace(token, "x")));
    assertTrue(error.toString().contains("the token " + token + " is missing"));
  }

  @Test
  void v01DoesWithoutMask() throws IOException {
    BertTokenizer tokenizer = load(VOCABULARY.replace("[MASK]", "x"));
    assertEquals(List.of("[MASK]"), tokenizer.tokenize("[MASK]"));
    assertEquals(tokenizer.unknownId(), tokenizer.idOf("[MASK]"));
  }

  @Test
  void v02TakesTheLastOfRepeatedTokensAndWarns() throws IOException {
    BertTokenizer tokenizer = load(VOCABULARY + "a\n");
    assertEquals(9, tokenizer.idOf("a"));
    assertTrue(tokenizer.warnings().get(0).contains("line 10"), tokenizer.warnings().toString());
  }

  @Test
  void v03CountsEveryLine() throws IOException {
    BertTokenizer tokenizer =
        load(
            "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n\r\n x \r\na\tb\r\n\u00a0\r\nf\fg\r\nl\u2028m\r\nlast");
    assertEquals(11, tokenizer.size());
    assertEquals("", tokenizer.tokenOf(4));
    assertEquals(" x ", tokenizer.tokenOf(5));
    assertEquals("a\tb", tokenizer.tokenOf(6));
    assertEquals("\u00a0", tokenizer.tokenOf(7));
    assertEquals("f\fg", tokenizer.tokenOf(8));
    assertEquals("l\u2028m", tokenizer.tokenOf(9));
    assertEquals(10, tokenizer.idOf("last"));
  }

  @Test
  void v04LeavesOutAByteOrderMarkAndWarns() throws IOException {
    BertTokenizer tokenizer = load("\uFEFF" + VOCABULARY);
    assertEquals(0, tokenizer.idOf("[PAD]"));
    assertTrue(tokenizer.warnings().get(0).contains("byte order mark"));
  }

  @Test
  void v04RefusesWhatIsNoVocabulary() throws IOException {
    refuses(write("vocab.txt", ""));
    refuses(write("vocab.txt", "\uFEFF"));
    refuses(write("vocab.txt", VOCABULARY + "x".repeat(1 << 20)));
    for (Charset charset : List.of(StandardCharsets.UTF_16, StandardCharsets.ISO_8859_1)) {
      Files.write(folder.resolve("vocab.txt"), (VOCABULARY + "é\n").getBytes(charset));
      refuses(folder.resolve("vocab.txt"));
    }
    refuses(folder.resolve("none.txt"));
  }

  @Test
  void v05WarnsAboutAVocabularyOfTheOtherCase() throws IOException {
    String cased = VOCABULARY + "Anna\nBerlin\nCity\nThe\n";
    assertTrue(load(cased).warnings().get(0).contains("lower-case"));
    String uncased = VOCABULARY.replace("A\n", "") + "anna\nword\n";
    Path file = write("vocab.txt", uncased);
    assertTrue(
        BertTokenizer.load(file, BertTokenizer.Options.cased())
            .warnings()
            .get(0)
            .contains("upper-case"));
    assertEquals(List.of(), BertTokenizer.load(file).warnings());
  }

  @Test
  void v06KeepsTheIdsOfMarkersThatAreThereAndAddsTheOthersAtTheEnd() throws IOException {
    BertTokenizer tokenizer = load(VOCABULARY + "<o>\n");
    BertTokenizer marked = tokenizer.withAddedTokens(List.of("<s>", "<o>"));
    assertEquals(tokenizer.size() + 1, marked.size());
    assertEquals(9, marked.idOf("<o>"));
    assertEquals(10, marked.idOf("<s>"));
    assertEquals(List.of("a", "<o>", "b"), marked.tokenize("a<O>b"));
    assertEquals("<s>", marked.tokens().get(10));
  }

  @Test
  void readsSettingsBesideTheVocabulary() throws IOException {
    write("tokenizer_config.json", "{\"do_lower_case\": false, \"unk_token\": \"[UNK]\"}");
    assertEquals(List.of("A"), load(VOCABULARY).tokenize("A"));
    assertEquals(List.of("A"), BertTokenizer.load(folder).tokenize("A"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"unk_token\": \"<unk>\"}",
        "{\"cls_token\": {\"content\": \"<s>\"}}",
        "{\"do_basic_tokenize\": false}",
        "{\"never_split\": [\"x\"]}",
        "{\"do_lower_case\": \"yes\"}",
        "[]",
        "{"
      })
  void refusesSettingsThatItDoesNotFollow(String settings) throws IOException {
    write("tokenizer_config.json", settings);
    refuses(write("vocab.txt", VOCABULARY));
  }

  @Test
  void readsAddedTokens() throws IOException {
    write("vocab.txt", VOCABULARY);
    write("added_tokens.json", "{\"<o>\": 10, \"<s>\": 9}");
    BertTokenizer tokenizer = BertTokenizer.load(folder);
    assertEquals(9, tokenizer.idOf("<s>"));
    assertEquals(11, tokenizer.size());
    write("added_tokens.json", "{\"<o>\": 12}");
    refuses(folder);
    write("added_tokens.json", "{\" \": 9}");
    assertTrue(refuses(folder).toString().contains("blank"));
  }

  @Test
  void readsTokenizerJson() throws IOException {
    BertTokenizer tokenizer = BertTokenizer.load(write("tokenizer.json", JSON));
    assertEquals(List.of("a", "##b", "b"), tokenizer.tokenize("Ab b"));
    assertEquals(9, tokenizer.size());
    assertEquals(tokenizer.tokens(), BertTokenizer.load(folder).tokens());
  }

  @Test
  void readsTokensThatTokenizerJsonAdds() throws IOException {
    String added = "\"added_tokens\": [{\"id\": 9, \"content\": \"<s>\"}, ";
    BertTokenizer tokenizer =
        BertTokenizer.load(write("tokenizer.json", JSON.replace("\"added_tokens\": [", added)));
    assertEquals(9, tokenizer.idOf("<s>"));
    assertEquals(List.of("a", "<s>", "b"), tokenizer.tokenize("a<s>b"));
  }

  static Stream<Arguments> changed() {
    return Stream.of(
        Arguments.of(
            "V07a BPE", "\"model\": {\"type\": \"WordPiece\"", "\"model\": {\"type\": \"BPE\""),
        Arguments.of(
            "V07b Unigram",
            "\"model\": {\"type\": \"WordPiece\"",
            "\"model\": {\"type\": \"Unigram\""),
        Arguments.of("V07c normalizer", "BertNormalizer", "NFKC"),
        Arguments.of("V07d no normalizer", "\"normalizer\": {", "\"normalizer\": null, \"x\": {"),
        Arguments.of("V07e text not cleaned", "\"clean_text\": true", "\"clean_text\": false"),
        Arguments.of("V07f pre-tokenizer", "BertPreTokenizer", "Whitespace"),
        Arguments.of("V07g added id out of range", "\"id\": 0", "\"id\": 12"),
        Arguments.of("V07h added id clashes", "\"id\": 0", "\"id\": 5"),
        Arguments.of("V07i id twice", "\"a\": 5", "\"a\": 6"),
        Arguments.of("V07j gap", "\"A\": 8", "\"A\": 9"),
        Arguments.of("V07k token twice", "\"b\": 6", "\"a\": 6"),
        Arguments.of("V07l merges", "{\"type\": \"WordPiece\", \"unk", "{\"merges\": [], \"unk"),
        Arguments.of("V07m unknown token", "\"unk_token\": \"[UNK]\"", "\"unk_token\": \"<unk>\""),
        Arguments.of(
            "V07n prefix",
            "\"continuing_subword_prefix\": \"##\"",
            "\"continuing_subword_prefix\": \"@@\""),
        Arguments.of("V07o post-processor", "BertProcessing", "RobertaProcessing"),
        Arguments.of("V07p other [CLS]", "[\"[CLS]\", 2]", "[\"[SEP]\", 3]"),
        Arguments.of("V07q single word", "\"special\": true", "\"single_word\": true"),
        Arguments.of(
            "V07r word limit",
            "\"max_input_chars_per_word\": 100",
            "\"max_input_chars_per_word\": 0"),
        Arguments.of("V07s id not a number", "\"a\": 5", "\"a\": \"5\""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("changed")
  void refusesATokenizerJsonThatMeansSomethingElse(String id, String from, String to)
      throws IOException {
    assertTrue(JSON.contains(from), id);
    refuses(write("tokenizer.json", JSON.replace(from, to)));
  }

  @Test
  void v08RefusesFilesThatDisagree() throws IOException {
    write("tokenizer.json", JSON);
    write("vocab.txt", VOCABULARY);
    assertEquals(9, BertTokenizer.load(folder).size());
    write("vocab.txt", VOCABULARY.replace("a\nb\n", "b\na\n"));
    assertTrue(refuses(folder).toString().contains("id 5 is 'b' and 'a'"));
    write("vocab.txt", VOCABULARY + "more\n");
    assertTrue(refuses(folder).toString().contains("id 9 is 'more' and nothing"));
    write("vocab.txt", VOCABULARY);
    write("tokenizer_config.json", "{\"do_lower_case\": false}");
    refuses(folder);
  }

  @Test
  void refusesADirectoryWithoutATokenizer() {
    refuses(folder);
  }

  @Test
  void readsTheGenuineFilesAlike() {
    BertTokenizer tokenizer = BertTokenizer.load(TestData.file("bert-base-uncased"));
    assertEquals(30522, tokenizer.size());
    assertEquals(List.of(), tokenizer.warnings());
  }

  @Test
  void writesWhatItReads() throws IOException {
    var options = new BertTokenizer.Options(false, true, false, 100);
    BertTokenizer tokenizer =
        BertTokenizer.load(write("vocab.txt", VOCABULARY), options).withAddedTokens(List.of("<s>"));
    Path saved = Files.createDirectory(folder.resolve("saved"));
    tokenizer.save(saved);
    BertTokenizer again = BertTokenizer.load(saved);
    assertEquals(tokenizer.tokens(), again.tokens());
    assertEquals(options, again.options());
  }
}
