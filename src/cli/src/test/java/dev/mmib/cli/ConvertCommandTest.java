package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.TagSet;
import dev.mmib.io.Json;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.model.ImageConfig;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerModel;
import dev.mmib.model.ReleasedNames;
import dev.mmib.model.Task;
import dev.mmib.nn.Weights;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What convert writes, and what the other commands make of it. */
class ConvertCommandTest {

  @TempDir Path dir;

  /** A file of torch.save whose pickle is these opcodes. */
  private Path torch(String name, String pickle) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      record(zip, "archive/data.pkl", pickle.getBytes(StandardCharsets.ISO_8859_1));
      record(zip, "archive/version", "3\n".getBytes(StandardCharsets.US_ASCII));
    }
    return Files.write(dir.resolve(name), bytes.toByteArray());
  }

  private static void record(ZipOutputStream zip, String name, byte[] content) throws IOException {
    var crc = new CRC32();
    crc.update(content);
    var entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  /** {@code {0: ['a.jpg']}} */
  private Path cropTable() throws IOException {
    return torch("rows_dict.pth", "\u0080\u0002}K\u0000]X\u0005\u0000\u0000\u0000a.jpgas.");
  }

  /** Calls {@code os.system('echo')} where pickles are run. */
  private Path program() throws IOException {
    return torch("evil.pth", "\u0080\u0002cos\nsystem\nX\u0004\u0000\u0000\u0000echo\u0085R.");
  }

  @Test
  void turnsACropTableIntoJson() throws IOException {
    var table = cropTable();
    var ran = Ran.mmib("convert", table.toString(), dir.resolve("crops").toString(), "--json");
    assertEquals(0, ran.status(), ran.err());
    assertEquals("crops", ran.json().string("kind"));
    assertEquals(1, ran.json().integer("rows"));
    assertEquals("{\"0\":[\"a.jpg\"]}\n", Files.readString(dir.resolve("crops/crops.json")));
    var inspected = Ran.mmib("inspect", table.toString(), "--json").json();
    assertEquals("crop-table", inspected.string("format"));
    assertEquals("{\"rows\":\"1\",\"crops\":\"1\"}", inspected.object("metadata").toString());
    assertTrue(Ran.mmib("inspect", table.toString()).out().startsWith("# crop-table\n"));
  }

  @Test
  void runsNoProgram() throws IOException {
    var program = program();
    for (var words :
        List.of(
            new String[] {"convert", program.toString(), dir.resolve("out").toString()},
            new String[] {"inspect", program.toString()})) {
      var ran = Ran.mmib(words);
      assertEquals(4, ran.status(), ran.toString());
      assertEquals("", ran.out());
      assertTrue(ran.err().contains("MMIB-2402") && ran.err().contains("'os system'"), ran.err());
    }
    assertFalse(Files.exists(dir.resolve("out")));
  }

  private static MmibModel model(JavaBackend backend, int tokens) {
    var config = MmibConfig.of(Task.NER).with(c -> c.image = ImageConfig.of("tiny"));
    var bert = BertConfig.of(tokens, 24, 1, 4, 32);
    return NerModel.create(backend, config, bert, TagSet.twitter(), Weights.random(5));
  }

  /** A released NER model, and beside it the vocabulary and configuration of its encoder. */
  private Path released() throws IOException {
    var words = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    words.addAll(List.of("alice", "bob", "visits", "paris", "oslo", "in", "and"));
    var in = Files.createDirectory(dir.resolve("released"));
    Files.write(in.resolve("vocab.txt"), words);
    var names = ReleasedNames.of(Task.NER);
    try (var backend = new JavaBackend(1);
        var model = model(backend, words.size())) {
      Files.writeString(in.resolve("config.json"), Json.write(model.bertConfig().toJson()));
      var tensors = new TreeMap<String, TensorSource>();
      model
          .parameters()
          .all()
          .forEach(
              (name, tensor) ->
                  tensors.put(
                      names.released(name).orElseThrow(),
                      TensorSource.floats(
                          tensor.shape(),
                          (at, to, count) -> backend.download(tensor.buffer(), at, to, 0, count))));
      SafeTensors.write(in.resolve("best_model.safetensors"), tensors, Map.of());
    }
    return in.resolve("best_model.safetensors");
  }

  @Test
  void makesAModelThatPredictAndEvaluateUse() throws IOException {
    var out = dir.resolve("model").toString();
    var in = released().toString();
    var ran = Ran.mmib("convert", in, out, "--json", "--progress", "log");
    assertEquals(0, ran.status(), ran.err());
    assertEquals("model", ran.json().string("kind"));
    assertEquals("ner", ran.json().string("task"));
    var again = Ran.mmib("convert", in, out);
    assertEquals(2, again.status(), again.toString());
    assertTrue(again.err().contains("--overwrite"), again.err());
    var replaced = Ran.mmib("convert", in, out, "--overwrite", "--fidelity", "corrected");
    assertEquals(0, replaced.status(), replaced.err());
    assertTrue(replaced.out().contains("a model directory for NER"), replaced.out());
    assertTrue(replaced.err().contains("the fidelity is corrected"), replaced.err());

    var predicted =
        Ran.mmib(
            "predict", "--model", out, "--text", "alice visits oslo", "--json", "--device", "java");
    assertEquals(0, predicted.status(), predicted.err());
    assertTrue(predicted.json().has("entities"));
    var data = ToyFiles.ner(dir.resolve("data"), 2, 2).toString();
    var scored = Ran.mmib("evaluate", "--model", out, "--data", data, "--json", "--device", "java");
    assertEquals(0, scored.status(), scored.err());
    assertTrue(scored.json().has("f1"));
    var inspected = Ran.mmib("inspect", out, "--check-finite", "--json");
    assertEquals(ran.json().integer("tensors"), inspected.json().array("tensors").size());
  }

  @Test
  void saysWhatAReleasedModelNeeds() throws IOException {
    var in = released();
    Files.delete(in.resolveSibling("vocab.txt"));
    var ran = Ran.mmib("convert", in.toString(), dir.resolve("out").toString());
    assertEquals(4, ran.status());
    assertEquals("", ran.out());
    assertTrue(ran.err().contains("--text-encoder DIR"), ran.err());
  }
}
