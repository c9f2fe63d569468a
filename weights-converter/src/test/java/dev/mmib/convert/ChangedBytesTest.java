package dev.mmib.convert;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.convert.torch.SavedValue;
import dev.mmib.convert.torch.TorchWriter;
import dev.mmib.error.MmibException;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files with changed bytes: what is written can be read, or nothing is written. */
class ChangedBytesTest {

  private static final int CHANGES = 300;

  @TempDir Path dir;

  private static SavedValue checkpoint() {
    var tensors = new LinkedHashMap<String, TensorSource>();
    tensors.put("module.a.weight", TensorSource.floats(Shape.of(2, 2), 1, 2, 3, 4));
    tensors.put("module.steps", TensorSource.longs(Shape.of(), 7));
    var entries = new LinkedHashMap<String, SavedValue>();
    entries.put("epoch", new SavedValue.Whole(3));
    entries.put("model", SavedValue.stateDict(tensors));
    return new SavedValue.Dict(entries);
  }

  @Test
  @DisplayName("P27: files of the stream format with a changed byte")
  void convertsOrRefusesTheStreamFormat() throws IOException {
    var file = dir.resolve("good");
    TorchWriter.legacy(file, checkpoint());
    convertChanged(Files.readAllBytes(file), "x.pt");
  }

  @Test
  @DisplayName("P27: crop tables with a changed byte")
  void convertsOrRefusesCropTables() throws IOException {
    var file = dir.resolve("good");
    var names = new SavedValue.Items(List.of(new SavedValue.Text("a.jpg")));
    TorchWriter.legacy(file, new SavedValue.Dict(Map.of(0, names)));
    convertChanged(Files.readAllBytes(file), "x_dict.pth");
  }

  @Test
  @DisplayName("P27: files of the zip format with a changed byte")
  void convertsOrRefusesTheZipFormat() throws IOException {
    var file = dir.resolve("good");
    TorchWriter.zip(file, checkpoint());
    convertChanged(Files.readAllBytes(file), "x.pt");
  }

  private void convertChanged(byte[] good, String name) throws IOException {
    var random = new Random(20_27);
    int written = 0;
    int refused = 0;
    for (int i = 0; i < CHANGES; i++) {
      var bytes = good.clone();
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      var in = Files.write(dir.resolve(name), bytes);
      var out = dir.resolve("out" + i);
      try {
        var done = Converter.convert(in, out, ConvertOptions.STANDARD);
        written++;
        if (done.kind() == Conversion.Kind.SAFETENSORS) {
          SafeTensors.open(out.resolve("model.safetensors")).close();
        }
      } catch (MmibException e) {
        refused++;
        assertTrue(Files.notExists(out), () -> "something was written, yet " + e.getMessage());
      }
    }
    assertTrue(written > 0 && refused > 0, written + " written, " + refused + " refused");
  }
}
