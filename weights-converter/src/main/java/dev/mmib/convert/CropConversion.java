package dev.mmib.convert;

import dev.mmib.convert.Conversion.Kind;
import dev.mmib.convert.torch.TorchFile;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.ConfinedFiles;
import dev.mmib.io.FileTree;
import dev.mmib.io.IoFailure;
import dev.mmib.io.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The writing of pickled crop tables as one {@code crops.json}. */
record CropConversion(Path in, Path out, OutputPlace place) {

  private static final String JSON = ".json";

  /**
   * The crop tables of a directory.
   *
   * @param notes takes what is no table though it is called like one
   */
  static Map<Path, CropLists> tables(Path directory, List<String> notes) {
    var tables = new LinkedHashMap<Path, CropLists>();
    for (var file : files(directory)) {
      var name = file.getFileName().toString();
      try (var torch = TorchFile.open(ConfinedFiles.in(directory, name, ErrorCode.DATA_FILE))) {
        var table = CropLists.of(torch.root());
        if (table.isPresent()) {
          tables.put(file, table.get());
        } else {
          notes.add(MmibException.quote(name) + " is no crop table and was left out");
        }
      }
    }
    return tables;
  }

  private static List<Path> files(Path directory) {
    try {
      return FileTree.entries(directory).stream()
          .filter(file -> file.getFileName().toString().endsWith(CropLists.SUFFIX))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw MmibException.in(
              directory.toString(),
              ErrorCode.MODEL_FILE,
              "cannot be read: " + IoFailure.reason(e),
              "Check its permissions.")
          .causedBy(e);
    }
  }

  /** Writes them into one. */
  Conversion write(Map<Path, CropLists> tables, List<String> notes) {
    boolean isFile = out.toString().endsWith(JSON);
    if (out.toString().endsWith(".safetensors")) {
      throw MmibException.in(
          out.toString(),
          ErrorCode.USAGE,
          "cannot hold a crop table, which is what " + in + " is",
          "Name a directory, or a file that ends in .json.");
    }
    if (!isFile && !Files.isDirectory(out)) {
      place.requireFree(in, false);
    }
    var file = isFile ? out : inDirectory();
    var target = new OutputPlace(file, place.overwrite());
    target.requireFree(in, true);
    target.requireNoInput(tables.keySet());
    var all = new JsonObject();
    int rows = 0;
    var text = "";
    for (var table : tables.entrySet()) {
      table.getValue().addTo(all, table.getKey());
      text = CropLists.text(all, table.getKey());
      rows += table.getValue().rows();
      if (table.getValue().byRow() && CropLists.split(table.getKey()) == null) {
        notes.add(table.getKey().getFileName() + " names no split: its rows count for every one");
      }
    }
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    target.makeParent();
    AtomicFile.write(file, bytes);
    return new Conversion(Kind.CROPS, file, rows, bytes.length, null, notes);
  }

  /** Beside the crops themselves, where readers of data look; other files there stay. */
  private Path inDirectory() {
    var crops = out.resolve("crops");
    return (Files.isDirectory(crops) ? crops : out).resolve(CropLists.FILE);
  }
}
