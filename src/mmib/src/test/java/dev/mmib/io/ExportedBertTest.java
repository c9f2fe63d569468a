package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.TagSet;
import dev.mmib.golden.Golden;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.NerModel;
import dev.mmib.model.Task;
import dev.mmib.nn.Weights;
import dev.mmib.text.BertTokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model's directory as a program of the Python world sees it. */
class ExportedBertTest {

  private static final List<String> VOCABULARY =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "##c");

  @TempDir Path dir;
  private final Map<String, Long> checksums = new TreeMap<>();

  @BeforeEach
  void saveAModel() {
    var config = BertConfig.of(10, 24, 2, 4, 32);
    try (var backend = new JavaBackend(1);
        var model =
            NerModel.create(
                backend, MmibConfig.of(Task.NER), config, TagSet.twitter(), Weights.random(11))) {
      var options = BertTokenizer.Options.uncased();
      ModelDirectory.save(dir, model, BertTokenizer.of(VOCABULARY, options));
      model
          .parameters()
          .all()
          .forEach(
              (name, tensor) -> {
                if (name.startsWith("bert.")) {
                  var values = new float[tensor.shape().size()];
                  backend.download(tensor.buffer(), 0, values, 0, values.length);
                  checksums.put(name, checksum(values));
                }
              });
    }
  }

  private static long checksum(float[] values) {
    var bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    var crc = new CRC32();
    crc.update(bytes);
    return crc.getValue();
  }

  /** What the independent reader says; the test is skipped where there is no Python. */
  private JsonObject inspected(int status) throws IOException, InterruptedException {
    assumeTrue(hasPython(), "SKIPPED: no python3 to read the export with");
    var script = Golden.fromRoot("tools/bert_export.py").toString();
    var process =
        new ProcessBuilder("python3", script, dir.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(1, TimeUnit.MINUTES), "python3 does not end");
    assertEquals(status, process.exitValue(), out);
    return Json.parse(out, "bert_export.py").asObject();
  }

  private static boolean hasPython() throws InterruptedException {
    try {
      return new ProcessBuilder("python3", "--version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false; // there is no such program
    }
  }

  @Test
  void isReadByAnIndependentReaderWithEveryNumber() throws Exception {
    var found = inspected(0);
    assertEquals("[]", found.array("problems").toString());
    var read = new TreeMap<String, Long>();
    found.object("crc32").members().forEach((name, crc) -> read.put(name, crc.asLong()));
    assertEquals(checksums, read);
  }

  @Test
  void isNotReadWithoutATensor() throws Exception {
    var file = dir.resolve(ModelDirectory.WEIGHTS);
    var tensors = new TreeMap<String, TensorSource>();
    var rest = dir.resolve("rest");
    try (var stored = SafeTensors.open(file)) {
      for (var name : stored.tensors().keySet()) {
        if (!name.equals("bert.pooler.dense.bias")) {
          tensors.put(name, stored.source(name));
        }
      }
      SafeTensors.write(rest, tensors, stored.metadata());
    }
    Files.move(rest, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertEquals(
        "[\"no tensor bert.pooler.dense.bias\"]", inspected(1).array("problems").toString());
  }

  @Test
  void isNotReadWithAnotherConfiguration() throws Exception {
    var config = dir.resolve("config.json");
    Files.writeString(
        config, Files.readString(config).replace("\"vocab_size\": 10", "\"vocab_size\": 11"));
    assertTrue(inspected(1).array("problems").toString().contains("[10, 24], expected [11, 24]"));
  }
}
