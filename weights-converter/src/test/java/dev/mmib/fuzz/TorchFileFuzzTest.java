package dev.mmib.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.mmib.convert.torch.TorchFile;

/** Any bytes as a file of PyTorch: a zip, a stream, or neither. */
class TorchFileFuzzTest {

  private static final Scratch SCRATCH = new Scratch();

  @DictionaryEntries({
    "PK\\x03\\x04", "PK\\x01\\x02", "PK\\x05\\x06", "PK\\x06\\x06", "PK\\x06\\x07",
    "archive/data.pkl", "archive/version", "archive/byteorder", "archive/data/0", "little"
  })
  @FuzzTest(maxDuration = "24h", maxExecutions = 5_000_000)
  void readsOrRefusesAZip(byte[] data) {
    read(data);
  }

  @DictionaryEntries({
    "ctorch._utils\\x0A_rebuild_tensor_v2\\x0A",
    "ctorch\\x0AFloatStorage\\x0A",
    "storage",
    "protocol_version",
    "little_endian",
    "type_sizes"
  })
  @FuzzTest(maxDuration = "24h", maxExecutions = 5_000_000)
  void readsOrRefusesAStream(byte[] data) {
    read(data);
  }

  private static void read(byte[] data) {
    var file = SCRATCH.write("model.pt", data);
    Contract.hold(
        data.length,
        () -> {
          try (var torch = TorchFile.open(file)) {
            TensorWalk.read(torch.root());
          }
        });
    Canary.Cage.requireShut();
  }
}
