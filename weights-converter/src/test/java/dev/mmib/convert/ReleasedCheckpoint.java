package dev.mmib.convert;

import dev.mmib.convert.torch.TorchWriter;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.TensorSource;
import dev.mmib.model.MmibModel;
import dev.mmib.model.ReleasedNames;
import dev.mmib.model.Task;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes what the released MMIB code saves of a model, and what its authors had beside it. */
final class ReleasedCheckpoint {

  private static final String PICTURES = "vis_encoding.resnet.";

  private ReleasedCheckpoint() {}

  /** A model's tensors by their released names, with the buffers that are saved beside them. */
  static Map<String, TensorSource> tensors(MmibModel model) {
    var names = ReleasedNames.of(model.config().task());
    var tensors = new LinkedHashMap<String, TensorSource>();
    int positions = model.bertConfig().maxPositions();
    var ids = new long[positions];
    for (int i = 0; i < positions; i++) {
      ids[i] = i;
    }
    tensors.put("bert.embeddings.position_ids", TensorSource.longs(Shape.of(1, positions), ids));
    model
        .parameters()
        .all()
        .forEach(
            (name, tensor) -> {
              var released = names.released(name).orElseThrow();
              tensors.put(
                  released,
                  TensorSource.floats(
                      tensor.shape(),
                      (at, to, count) ->
                          model.backend().download(tensor.buffer(), at, to, 0, count)));
              if (released.endsWith("running_var")) {
                tensors.put(
                    released.replace("running_var", "num_batches_tracked"),
                    TensorSource.longs(Shape.of(), 12_345));
              }
            });
    tensors.put(PICTURES + "fc.weight", TensorSource.floats(Shape.of(2, 3), new float[6]));
    tensors.put(PICTURES + "fc.bias", TensorSource.floats(Shape.of(2), new float[2]));
    return tensors;
  }

  /** Writes {@code best_model.pth}. */
  static Path write(Path directory, Map<String, TensorSource> tensors) {
    var file = directory.resolve("best_model.pth");
    TorchWriter.zip(file, tensors);
    return file;
  }

  /** The text encoder's directory: a vocabulary without markers, and the configuration. */
  static Path textEncoder(Path directory, MmibModel model) {
    try {
      Files.createDirectories(directory);
      var config = model.bertConfig();
      boolean ner = model.config().task() == Task.NER;
      int tokens = config.vocabularySize() - (ner ? 0 : 4);
      write(directory, "config.json", config.withVocabularySize(tokens).toJson());
      var words = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
      words.addAll(List.of("kevin", "durant", "enters", "oracle", "arena"));
      while (words.size() < tokens) {
        words.add("w" + words.size());
      }
      Files.writeString(directory.resolve("vocab.txt"), String.join("\n", words) + "\n");
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A relation model's labels, as its authors have them. */
  static Path relations(Path directory, List<String> relations) {
    var ids = new JsonObject();
    relations.forEach(name -> ids.put(name, ids.size()));
    try {
      return write(directory, "rel2id.json", ids);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path write(Path directory, String name, JsonObject json) throws IOException {
    return Files.writeString(directory.resolve(name), Json.write(json));
  }
}
