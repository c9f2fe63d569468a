package dev.mmib.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.mmib.text.BertTokenizer;

/** Any bytes as a vocab.txt, and a text cut by it. */
class VocabularyFuzzTest {

  private static final Scratch SCRATCH = new Scratch();

  @DictionaryEntries({
    "[UNK]\n",
    "[CLS]\n",
    "[SEP]\n",
    "[PAD]\n",
    "[MASK]\n",
    "##a\n",
    "\r\n",
    "\uFEFF",
    "\u2028"
  })
  @FuzzTest(maxDuration = "24h", maxExecutions = 5_000_000)
  void readsOrRefusesAVocabulary(byte[] data) {
    var file = SCRATCH.write("vocab.txt", data);
    Contract.hold(
        data.length, () -> BertTokenizer.load(file).tokenize("Kevin [SEP] aa \uD83D\uDE00 a##b"));
  }
}
