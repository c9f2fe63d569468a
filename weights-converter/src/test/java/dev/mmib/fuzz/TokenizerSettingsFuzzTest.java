package dev.mmib.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.mmib.text.BertTokenizer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;

/** Any bytes as the files of settings beside a vocabulary. */
class TokenizerSettingsFuzzTest {

  private static final Scratch SCRATCH = new Scratch();

  @BeforeEach
  void writeVocabulary() {
    SCRATCH.write(
        "vocab.txt",
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nkevin\na\n##a\n".getBytes(StandardCharsets.UTF_8));
  }

  @DictionaryEntries({
    "\"tokenizer_class\"", "\"BertTokenizer\"", "\"do_lower_case\"", "\"strip_accents\"",
    "\"tokenize_chinese_chars\"", "\"model_max_length\"", "\"unk_token\"", "\"cls_token\"",
    "\"additional_special_tokens\"", "\"added_tokens_decoder\"", "\"content\"", "\"special\"",
    "\"[UNK]\"", "\"never_split\"", "\"max_input_chars_per_word\"",
        "1000000000000000019884624838656"
  })
  @FuzzTest(maxDuration = "24h", maxExecutions = 2_000_000)
  void readsOrRefusesSettings(byte[] data) {
    SCRATCH.writeParts(
        data, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json");
    Contract.hold(
        data.length,
        () -> BertTokenizer.load(SCRATCH.directory()).tokenize("Kevin [SEP] aa \uD83D\uDE00"));
  }
}
