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
    SCRATCH.writeParts(data, "config.json", "vocab.txt", "model.safetensors");
    Contract.hold(
        data.length,
        () -> {
          var directory = HuggingFaceDirectory.open(SCRATCH.directory());
          directory.tokenizer();
          directory.weights().close();
        });
  }
}
