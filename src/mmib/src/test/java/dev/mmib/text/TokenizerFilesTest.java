package dev.mmib.text;

import static dev.mmib.text.TokenizerFolder.JSON;
import static dev.mmib.text.TokenizerFolder.VOCABULARY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.data.TestData;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of tokenizers; bad ones are in the tables beside this. */
class TokenizerFilesTest {

  @TempDir Path folder;

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static MmibException refuses(Path path) {
    var error = assertThrows(MmibException.class, () -> BertTokenizer.load(path));
    assertEquals(ErrorCode.VOCABULARY, error.code(), error.toString());
    return error;
  }

  @Test
  void readsSettingsBesideTheVocabulary() throws IOException {
    write("tokenizer_config.json", "{\"do_lower_case\": false, \"unk_token\": \"[UNK]\"}");
    var file = write("vocab.txt", VOCABULARY);
    assertEquals(List.of("A"), BertTokenizer.load(file).tokenize("A"));
    assertEquals(List.of("A"), BertTokenizer.load(folder).tokenize("A"));
    assertEquals(
        List.of("a"), BertTokenizer.load(file, BertTokenizer.Options.uncased()).tokenize("A"));
  }

  @Test
  void readsTokenizerJson() throws IOException {
    BertTokenizer tokenizer = BertTokenizer.load(write("tokenizer.json", JSON));
    assertEquals(List.of("a", "##b", "b"), tokenizer.tokenize("Ab b"));
    assertEquals(9, tokenizer.size());
    assertEquals(tokenizer.tokens(), BertTokenizer.load(folder).tokens());
    write("vocab.txt", VOCABULARY);
    assertEquals(tokenizer.tokens(), BertTokenizer.load(folder).tokens());
  }

  @Test
  void refusesADirectoryWithoutATokenizer() {
    assertTrue(refuses(folder).what().contains("neither vocab.txt nor tokenizer.json"));
    refuses(folder.resolve("none.txt"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vocab.txt",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json"
      })
  void followsNoLinkOutOfTheDirectory(String name) throws IOException {
    var model = Files.createDirectory(folder.resolve("model"));
    var elsewhere =
        write(
            "elsewhere",
            name.equals("vocab.txt") ? VOCABULARY : name.equals("tokenizer.json") ? JSON : "{}");
    if (!name.equals("vocab.txt")) {
      Files.writeString(model.resolve("vocab.txt"), VOCABULARY);
    }
    Files.copy(elsewhere, model.resolve("inside"));
    Files.createSymbolicLink(model.resolve(name), Path.of("inside"));
    assertEquals(9, BertTokenizer.load(model).size());
    Files.delete(model.resolve(name));
    Files.createSymbolicLink(model.resolve(name), Path.of("../elsewhere"));
    var e = refuses(model);
    assertTrue(e.what().contains("leads out of the model's directory"), e::toString);
    assertEquals(model.resolve(name).toString(), e.file());
    Files.delete(model.resolve(name));
    Files.createSymbolicLink(model.resolve(name), Path.of("nowhere"));
    assertTrue(refuses(model).what().contains("no such file"));
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
    write("tokenizer_config.json", "{\"model_max_length\": 77, \"do_lower_case\": true}");
    write("vocab.txt", VOCABULARY);
    BertTokenizer tokenizer = BertTokenizer.load(folder, options).withAddedTokens(List.of("<s>"));
    Path saved = Files.createDirectory(folder.resolve("saved"));
    tokenizer.save(saved);
    BertTokenizer again = BertTokenizer.load(saved);
    assertEquals(tokenizer.tokens(), again.tokens());
    assertEquals(options, again.options());
    assertEquals(77, again.maxLength());
    assertEquals(List.of("A", "<s>", "A"), again.tokenize("A<s>A"));
  }
}
