package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.data.DataDirectory;
import dev.mmib.data.NerExample;
import dev.mmib.data.ReadOptions;
import dev.mmib.data.RelationExample;
import dev.mmib.data.Split;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on users' own posts is training on the benchmarks' form, bit for bit. */
class OwnPostsTest {

  @TempDir Path directory;

  @Test
  void entitiesInJsonLinesGiveTheModelThatConllGives() throws IOException {
    var data = DataDirectory.open(ToyData.ner(directory.resolve("a"), 24, 8));
    var own = own();
    for (var split : Split.values()) {
      var lines = new StringBuilder();
      for (var row : data.ner(split, ReadOptions.strict()).rows()) {
        lines.append(json(row)).append('\n');
      }
      Files.writeString(own.resolve(split + ".jsonl"), lines);
    }
    assertArrayEquals(trained(Task.NER, data.path()), trained(Task.NER, own));
  }

  @Test
  void relationsInCsvGiveTheModelThatMnreGives() throws IOException {
    var data = DataDirectory.open(ToyData.relations(directory.resolve("a"), 24, 8));
    var own = own();
    Files.copy(directory.resolve("a/rel2id.json"), own.resolve("rel2id.json"));
    for (var split : Split.values()) {
      var lines = new StringBuilder("text,image,head,tail,relation\r\n");
      for (var row : data.relations(split, ReadOptions.strict()).rows()) {
        lines.append(csv(row)).append("\r\n");
      }
      Files.writeString(own.resolve(split + ".csv"), lines);
    }
    assertArrayEquals(trained(Task.RE, data.path()), trained(Task.RE, own));
  }

  /** A directory that has the same pictures. */
  private Path own() throws IOException {
    var own = Files.createDirectories(directory.resolve("b/images"));
    try (var files = Files.list(directory.resolve("a/images"))) {
      for (var file : files.toList()) {
        Files.copy(file, own.resolve(String.valueOf(file.getFileName())));
      }
    }
    return directory.resolve("b");
  }

  private static JsonObject json(NerExample row) {
    var tokens = new JsonArray();
    row.tokens().forEach(tokens::add);
    var entities = new JsonArray();
    for (int i = 0; i < row.labels().size(); i++) {
      if (row.labels().get(i).startsWith("B-")) {
        var type = row.labels().get(i).substring(2);
        boolean two = i + 1 < row.labels().size() && row.labels().get(i + 1).equals("I-" + type);
        entities.add(
            new JsonObject().put("type", type).put("start", i).put("end", two ? i + 2 : i + 1));
      }
    }
    return new JsonObject()
        .put("tokens", tokens)
        .put("image", "images/" + row.imageId())
        .put("entities", entities);
  }

  private static String csv(RelationExample row) {
    var words = row.tokens();
    int tail = words.get(0).length() + words.get(1).length() + 2;
    return String.join(
        ",",
        List.of(
            String.join(" ", words),
            "images/" + row.imageId(),
            "0:" + words.get(0).length(),
            tail + ":" + (tail + words.get(2).length()),
            row.relation()));
  }

  private byte[] trained(Task task, Path data) throws IOException {
    var out = directory.resolve("out");
    try (var backend = new JavaBackend(2)) {
      Trainer.of(ToyData.settings(task).set("epochs=1"), data)
          .run(backend, out, Existing.OVERWRITE);
    }
    return Files.readAllBytes(out.resolve("model/model.safetensors"));
  }
}
