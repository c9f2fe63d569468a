package dev.mmib.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.mmib.io.SafeTensors;

/** Any bytes as a safetensors file: its header, and every tensor that it declares. */
class SafeTensorsFuzzTest {

  private static final Scratch SCRATCH = new Scratch();

  @DictionaryEntries({
    "\"dtype\"",
    "\"shape\"",
    "\"data_offsets\"",
    "\"__metadata__\"",
    "\"F32\"",
    "\"F16\"",
    "\"BF16\"",
    "\"F64\"",
    "\"I64\"",
    "\"I32\"",
    "\"BOOL\"",
    "\"U8\"",
    "\"F4\"",
    "\"F8_E4M3\"",
    "9223372036854775807",
    "18446744073709551616",
    "4294967296",
    "-1",
    "[]",
    "{}",
    "\\ud800",
    "1e3",
    "0.5",
    "null"
  })
  @FuzzTest(maxDuration = "24h", maxExecutions = 5_000_000)
  void readsOrRefusesAFile(byte[] data) {
    var file = SCRATCH.write("model.safetensors", data);
    Contract.hold(
        data.length,
        () -> {
          try (var tensors = SafeTensors.open(file)) {
            for (var entry : tensors.tensors().values()) {
              tensors.readBytes(entry.name());
              if (entry.type().isReadable()) {
                tensors.readInto(entry.name(), (at, values, count) -> {});
              }
            }
          }
        });
  }
}
