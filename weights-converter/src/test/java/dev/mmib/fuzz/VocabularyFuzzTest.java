package dev.mmib.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.mmib.text.BertTokenizer;

/** Any bytes as a vocab.txt, and a text cut by it. */
class VocabularyFuzzTest {

  private static final Scratch SCRATCH = new Scratch();

  @DictionaryEntries({
    "[UNK]\\x0A",
    "[CLS]\\x0A",
    "[SEP]\\x0A",
    "[PAD]\\x0A",
    "[MASK]\\x0A",
    "##a\\x0A",
    "\\x0D\\x0A",
    "\\xEF\\xBB\\xBF",
    "\\xE2\\x80\\xA8"
  })
  @FuzzTest(maxDuration = "24h", maxExecutions = 5_000_000)
  void readsOrRefusesAVocabulary(byte[] data) {
    var file = SCRATCH.write("vocab.txt", data);
    Contract.hold(
        data.length, () -> BertTokenizer.load(file).tokenize("Kevin [SEP] aa \uD83D\uDE00 a##b"));
  }
}
