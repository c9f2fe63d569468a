package dev.mmib.convert;

import dev.mmib.convert.torch.TorchWriter;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes a model in several files with an index, as HuggingFace does it. */
enum Sharded {
  SAFETENSORS("model", "safetensors") {
    @Override
    void write(Path shard, Map<String, TensorSource> tensors) {
      SafeTensors.write(shard, tensors, Map.of("format", "pt"));
    }
  },
  PICKLES("pytorch_model", "bin") {
    @Override
    void write(Path shard, Map<String, TensorSource> tensors) {
      TorchWriter.zip(shard, tensors);
    }
  };

  private final String stem;
  private final String ending;

  Sharded(String stem, String ending) {
    this.stem = stem;
    this.ending = ending;
  }

  abstract void write(Path shard, Map<String, TensorSource> tensors);

  /** Writes the shards and the index, whose path is given back. */
  Path write(Path directory, Map<String, TensorSource> tensors, int shards) {
    var map = new JsonObject();
    int each = (tensors.size() + shards - 1) / shards;
    var part = new LinkedHashMap<String, TensorSource>();
    int number = 1;
    int left = tensors.size();
    for (var tensor : tensors.entrySet()) {
      part.put(tensor.getKey(), tensor.getValue());
      left--;
      if (part.size() == each || left == 0) {
        var name = "%s-%05d-of-%05d.%s".formatted(stem, number++, shards, ending);
        write(directory.resolve(name), part);
        part.keySet().forEach(key -> map.put(key, name));
        part.clear();
      }
    }
    long bytes = Sizes.bytes(tensors.values());
    var index =
        new JsonObject()
            .put("metadata", new JsonObject().put("total_size", bytes))
            .put("weight_map", map);
    try {
      var file = directory.resolve(stem + "." + ending + ".index.json");
      return Files.writeString(file, Json.write(index));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
