package dev.mmib.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.mmib.text.BertTokenizer;

/** Any bytes as a tokenizer.json, and a text cut by it. */
class TokenizerJsonFuzzTest {

  private static final Scratch SCRATCH = new Scratch();

  @DictionaryEntries({
    "\"model\"",
    "\"type\"",
    "\"WordPiece\"",
    "\"vocab\"",
    "\"unk_token\"",
    "\"normalizer\"",
    "\"BertNormalizer\"",
    "\"pre_tokenizer\"",
    "\"BertPreTokenizer\"",
    "\"added_tokens\"",
    "\"id\"",
    "\"content\"",
    "\"special\"",
    "\"continuing_subword_prefix\"",
    "\"##\"",
    "\"lowercase\"",
    "\"max_input_chars_per_word\"",
    "\"[UNK]\"",
    "\"truncation\"",
    "\"padding\"",
    "\"decoder\"",
    "\"post_processor\"",
    "\"strip_accents\"",
    "\"handle_chinese_chars\"",
    "\"clean_text\""
  })
  @FuzzTest(maxDuration = "24h", maxExecutions = 5_000_000)
  void readsOrRefusesATokenizer(byte[] data) {
    var file = SCRATCH.write("tokenizer.json", data);
    Contract.hold(
        data.length, () -> BertTokenizer.load(file).tokenize("Kevin [SEP] aa \uD83D\uDE00 a##b"));
  }
}
