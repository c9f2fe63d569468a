package dev.mmib.convert;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.convert.torch.SavedValue;
import dev.mmib.convert.torch.TorchWriter;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.io.TensorType;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is told of a file of every format, with nothing in it executed. */
class InspectionTest {

  @TempDir Path dir;

  private static Map<String, TensorSource> two() {
    var tensors = new LinkedHashMap<String, TensorSource>();
    tensors.put("w", TensorSource.floats(Shape.of(2), 1, Float.NaN));
    tensors.put("n", TensorSource.longs(Shape.of(), 7));
    return tensors;
  }

  private static String told(Inspection found) {
    return found.format()
        + " "
        + found.metadata()
        + " "
        + found.tensors().stream()
            .map(r -> r.name() + ":" + r.type() + r.dims() + r.bytes() + ":" + r.finite())
            .toList();
  }

  private static final String TWO = "w:F32[2]8:false, n:I64[]8:true";

  @Test
  void listsEveryFormat() throws IOException {
    SafeTensors.write(dir.resolve("model.safetensors"), two(), Map.of("format", "pt"));
    var sorted = "n:I64[]8:true, w:F32[2]8:false";
    assertEquals("safetensors {format=pt} [" + sorted + "]", told(Inspection.of(dir, true)));
    Files.delete(dir.resolve("model.safetensors"));
    TorchWriter.legacy(dir.resolve("old"), two());
    assertEquals("pytorch-legacy {} [" + TWO + "]", told(Inspection.of(dir.resolve("old"), true)));
    TorchWriter.zip(dir.resolve("best_model.pth"), two());
    assertEquals("pytorch-zip {} [" + TWO + "]", told(Inspection.of(dir, true)));
    var index = Sharded.PICKLES.write(dir, two(), 2);
    assertEquals("pytorch-zip {} [" + TWO + "]", told(Inspection.of(index, true)));
    assertEquals("pytorch-zip {} [" + TWO + "]", told(Inspection.of(dir, true)));
    TorchWriter.zip(dir.resolve("pytorch_model.bin"), Map.of());
    assertEquals("pytorch-zip {=dict of 0} []", told(Inspection.of(dir, true)));
    Sharded.SAFETENSORS.write(dir, two(), 2);
    assertEquals(
        "safetensors {format=pt} [w:F32[2]8:null, n:I64[]8:null]", told(Inspection.of(dir, false)));
    assertEquals(List.of("w"), Inspection.of(index, true).notFinite());
  }

  @Test
  void summarizesWhatIsNoTensor() {
    var entries = new LinkedHashMap<String, SavedValue>();
    entries.put("epoch", new SavedValue.Whole(3));
    entries.put("model", SavedValue.stateDict(two()));
    entries.put("rate", new SavedValue.Real(0.5));
    entries.put("name", new SavedValue.Text("x\u001b[31m"));
    entries.put("best", SavedValue.Constant.TRUE);
    entries.put("none", SavedValue.Constant.NONE);
    entries.put("empty", new SavedValue.Items(List.of()));
    TorchWriter.zip(dir.resolve("c.pt"), new SavedValue.Dict(entries));
    var found = Inspection.of(dir.resolve("c.pt"), false);
    assertEquals(
        List.of("model/w", "model/n"), found.tensors().stream().map(Inspection.Row::name).toList());
    assertEquals(
        "{epoch=3, rate=0.5, name='x\\u001b[31m', best=True, none=None, empty=list of 0}",
        found.metadata().toString());
    assertEquals(
        "{\"name\":\"model/w\",\"dtype\":\"F32\",\"shape\":[2],\"bytes\":8,\"finite\":null}",
        found.toJson().array("tensors").at(0).toString());
  }

  static Stream<Arguments> numbers() {
    return Stream.of(
        Arguments.of(TensorType.F16, "7bff", true),
        Arguments.of(TensorType.F16, "7c00", false),
        Arguments.of(TensorType.F16, "fc01", false),
        Arguments.of(TensorType.BF16, "7f7f", true),
        Arguments.of(TensorType.BF16, "7f80", false),
        Arguments.of(TensorType.F32, "7f7fffff", true),
        Arguments.of(TensorType.F32, "ff800000", false),
        Arguments.of(TensorType.F64, "7fefffffffffffff", true),
        Arguments.of(TensorType.F64, "7ff8000000000000", false),
        Arguments.of(TensorType.C64, "7f8000003f800000", false),
        Arguments.of(TensorType.C64, "3f8000003f800000", true),
        Arguments.of(TensorType.I64, "ffffffffffffffff", true));
  }

  @ParameterizedTest(name = "{0} {1}: {2}")
  @MethodSource
  void numbers(TensorType type, String bits, boolean finite) {
    int width = bits.length() / 2;
    var bytes = new byte[5 * width];
    for (int i = 0; i < width; i++) {
      bytes[5 * width - 1 - i] = (byte) Integer.parseInt(bits.substring(2 * i, 2 * i + 2), 16);
    }
    assertEquals(finite, Finite.of(TensorSource.bytes(type, List.of(5L), bytes)));
  }

  @Test
  void doesNotJudgeNumbersThatItDoesNotUnderstand() {
    var tensor = TensorSource.bytes(TensorType.F8_E4M3, List.of(1L), new byte[1]);
    assertEquals("null", String.valueOf(Finite.of(tensor)));
  }

  @Test
  void saysWhatIsNoWeights() throws IOException {
    Files.writeString(dir.resolve("a.txt"), "hello, this is text");
    var e = assertThrows(MmibException.class, () -> Inspection.of(dir.resolve("a.txt"), false));
    assertEquals(ErrorCode.TORCH_FILE, e.code());
    Files.writeString(dir.resolve("a.bin"), "version https://git-lfs.github.com/spec/v1\n");
    var lfs = assertThrows(MmibException.class, () -> Inspection.of(dir.resolve("a.bin"), false));
    assertTrue(lfs.getMessage().contains("LFS"), lfs.getMessage());
  }

  @Test
  void readsHeadersOfEveryLength() throws IOException { // S07: a length may begin with any byte
    for (int length = 64; length <= 4096; length += 8) {
      var header = "{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}";
      var bytes =
          java.nio.ByteBuffer.allocate(8 + length + 1).order(java.nio.ByteOrder.LITTLE_ENDIAN);
      bytes.putLong(length);
      bytes.put((header + " ".repeat(length - header.length())).getBytes(US_ASCII)).put((byte) 7);
      var file = Files.write(dir.resolve("weights"), bytes.array());
      assertEquals(
          "safetensors {} [w:U8[1]1:true]", told(Inspection.of(file, true)), "header " + length);
    }
  }

  @Test
  void refusesIndexesOfIndexes() throws IOException { // X03
    Files.writeString(dir.resolve("a.json"), "{\"weight_map\":{\"x\":\"b.json\"}}");
    Files.writeString(dir.resolve("b.json"), "{\"weight_map\":{\"x\":\"a.json\"}}");
    var e = assertThrows(MmibException.class, () -> Inspection.of(dir.resolve("a.json"), false));
    assertEquals(ErrorCode.WEIGHT_INDEX, e.code());
    assertTrue(e.what().contains("'b.json' is an index itself"), e.what());
    var out = dir.resolve("out.safetensors");
    var converting =
        assertThrows(
            MmibException.class,
            () -> Converter.convert(dir.resolve("a.json"), out, ConvertOptions.STANDARD));
    assertEquals(ErrorCode.WEIGHT_INDEX, converting.code());
  }

  @Test
  void readsToTheEndOfATensorThatIsNotFinite() {
    var last = new long[1];
    var tensor =
        new TensorSource(
            TensorType.F32,
            List.of(100_000L),
            (at, to) -> {
              last[0] = at + to.remaining() / 4;
              to.asFloatBuffer().put(0, Float.NaN);
            });
    assertEquals(false, Finite.of(tensor));
    assertEquals(100_000, last[0]);
  }
}
