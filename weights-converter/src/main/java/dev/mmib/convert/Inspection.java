package dev.mmib.convert;

import dev.mmib.convert.torch.FileContent;
import dev.mmib.convert.torch.TorchFile;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.io.TensorType;
import dev.mmib.io.WeightIndex;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is in a file of weights, or in all shards of an index or a directory.
 *
 * @param format {@code safetensors}, {@code pytorch-zip}, {@code pytorch-legacy} or {@code
 *     crop-table}
 * @param metadata safetensors' free-form strings; of PyTorch's files the values that are no tensors
 */
public record Inspection(String format, Map<String, String> metadata, List<Row> tensors) {

  /**
   * A tensor.
   *
   * @param bytes written row by row
   * @param finite whether all its numbers are; null where they were not looked at, or are of a type
   *     that is not understood
   */
  public record Row(
      String name, TensorType type, List<Long> dims, long bytes, @Nullable Boolean finite) {}

  public Inspection {
    tensors = List.copyOf(tensors);
  }

  /**
   * Looks into a file or directory. Nothing in it is executed.
   *
   * @param checkFinite whether every number is read
   */
  public static Inspection of(Path path, boolean checkFinite) {
    return ofFile(Files.isDirectory(path) ? WeightFile.required(path) : path, checkFinite);
  }

  private static Inspection ofFile(Path file, boolean checkFinite) {
    return switch (FileKind.of(file)) {
      case SAFETENSORS -> ofSafeTensors(file, checkFinite);
      case INDEX -> ofIndex(file, checkFinite);
      case TORCH -> ofTorch(file, checkFinite);
    };
  }

  private static Inspection ofSafeTensors(Path file, boolean checkFinite) {
    try (var stored = SafeTensors.open(file)) {
      var rows = new ArrayList<Row>();
      for (var entry : stored.tensors().values()) {
        var finite = checkFinite ? Finite.of(stored.source(entry.name())) : null;
        rows.add(new Row(entry.name(), entry.type(), entry.dims(), entry.bytes(), finite));
      }
      return new Inspection(FileKind.SAFETENSORS_KEY, stored.metadata(), rows);
    }
  }

  private static Inspection ofTorch(Path file, boolean checkFinite) {
    try (var torch = TorchFile.open(file)) {
      var crops = CropLists.of(torch.root());
      if (crops.isPresent()) {
        var counts = new LinkedHashMap<String, String>();
        counts.put("rows", Integer.toString(crops.get().rows()));
        counts.put("crops", Long.toString(crops.get().crops()));
        return new Inspection("crop-table", counts, List.of());
      }
      var listing = Listing.of(torch.root(), file.toString());
      var rows = new ArrayList<Row>();
      listing
          .tensors()
          .forEach((name, tensor) -> rows.add(row(name, tensor.source(), checkFinite)));
      return new Inspection(format(torch), listing.values(), rows);
    }
  }

  private static String format(TorchFile torch) {
    return torch.content() == FileContent.TORCH_ZIP ? "pytorch-zip" : "pytorch-legacy";
  }

  private static Inspection ofIndex(Path file, boolean checkFinite) {
    var index = WeightIndex.read(file);
    var shards = new ArrayList<Inspection>();
    index.shards(
        path -> {
          WeightFile.requireNoIndex(file, path);
          var shard = ofFile(path, checkFinite);
          shards.add(shard);
          var sizes = new LinkedHashMap<String, Long>();
          shard.tensors().forEach(row -> sizes.put(row.name(), row.bytes()));
          return sizes;
        });
    var metadata = new LinkedHashMap<String, String>();
    var rows = new ArrayList<Row>();
    for (var shard : shards) {
      metadata.putAll(shard.metadata());
      rows.addAll(shard.tensors());
    }
    return new Inspection(shards.get(0).format(), metadata, rows);
  }

  private static Row row(String name, TensorSource source, boolean checkFinite) {
    return new Row(
        name,
        source.type(),
        source.dims(),
        Sizes.bytes(source),
        checkFinite ? Finite.of(source) : null);
  }

  /** Tensors with an infinity or NaN in them. */
  public List<String> notFinite() {
    return tensors.stream()
        .filter(row -> Boolean.FALSE.equals(row.finite()))
        .map(Row::name)
        .toList();
  }

  /** As the command prints it. */
  public JsonObject toJson() {
    var described = new JsonObject();
    metadata.forEach(described::put);
    var list = new JsonArray();
    for (var row : tensors) {
      var shape = new JsonArray();
      row.dims().forEach(shape::add);
      var tensor =
          new JsonObject()
              .put("name", row.name())
              .put("dtype", row.type().name())
              .put("shape", shape)
              .put("bytes", row.bytes());
      if (row.finite() == null) {
        tensor.put("finite", (String) null);
      } else {
        tensor.put("finite", row.finite().booleanValue());
      }
      list.add(tensor);
    }
    return new JsonObject().put("format", format).put("metadata", described).put("tensors", list);
  }
}
