package dev.mmib.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.mmib.io.HuggingFaceDirectory;

/**
 * Any bytes as the three files of a text encoder's directory, parted at the first two bytes of
 * 0xFF.
 */
class HuggingFaceDirectoryFuzzTest {

  private static final Scratch SCRATCH = new Scratch();

  @FuzzTest(maxDuration = "24h", maxExecutions = 2_000_000)
  void readsOrRefusesADirectory(byte[] data) {
    int first = parting(data, 0);
    int second = parting(data, Math.min(first + 1, data.length));
    SCRATCH.write("config.json", data, 0, first);
    SCRATCH.write("vocab.txt", data, Math.min(first + 1, data.length), second);
    SCRATCH.write("model.safetensors", data, Math.min(second + 1, data.length), data.length);
    Contract.hold(
        data.length,
        () -> {
          var directory = HuggingFaceDirectory.open(SCRATCH.directory());
          directory.tokenizer();
          directory.weights().close();
        });
  }

  /** The place of the next 0xFF, which is in no UTF-8 text; the end where there is none. */
  private static int parting(byte[] data, int from) {
    for (int i = from; i < data.length; i++) {
      if (data[i] == (byte) 0xFF) {
        return i;
      }
    }
    return data.length;
  }
}
