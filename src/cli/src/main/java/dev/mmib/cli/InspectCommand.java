package dev.mmib.cli;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorEntry;
import dev.mmib.io.WeightIndex;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists the tensors of a weight file or of a model directory. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = "Lists the tensors of a safetensors file, an index of shards, or a directory.")
final class InspectCommand implements Callable<Integer> {

  /** One tensor; {@code finite} is null where it was not looked at. */
  private record Row(TensorEntry entry, @Nullable Boolean finite) {}

  private static final String WEIGHTS = "model.safetensors";

  private final Console console;

  @Parameters(paramLabel = "FILE|DIR", description = "What to look into.")
  private Path path = Path.of("");

  @Option(
      names = "--check-finite",
      description = "Read every number, and fail with 4 if one is not finite.")
  private boolean checkFinite;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var metadata = new TreeMap<String, String>();
    var rows = new ArrayList<Row>();
    for (var file : files(path)) {
      try (var tensors = SafeTensors.open(file)) {
        metadata.putAll(tensors.metadata());
        for (var entry : tensors.tensors().values()) {
          rows.add(new Row(entry, checkFinite ? isFinite(tensors, entry) : null));
        }
      }
    }
    if (json) {
      console.print(report(metadata, rows));
    } else {
      print(metadata, rows);
    }
    var damaged = rows.stream().filter(row -> Boolean.FALSE.equals(row.finite())).toList();
    damaged.forEach(row -> console.tell("not finite: " + row.entry().name()));
    return damaged.isEmpty() ? 0 : ErrorCode.SAFETENSORS.exitStatus();
  }

  private static List<Path> files(Path path) {
    var file = path;
    if (Files.isDirectory(path)) {
      file = path.resolve(WEIGHTS);
      var index = path.resolve(WEIGHTS + ".index.json");
      if (!Files.exists(file) && Files.exists(index)) {
        file = index;
      } else if (!Files.exists(file)) {
        throw MmibException.in(
            path.toString(),
            ErrorCode.MODEL_FILE,
            "has neither " + WEIGHTS + " nor its index",
            "Name the weight file itself.");
      }
    }
    return file.toString().endsWith(".index.json")
        ? WeightIndex.read(file).shards()
        : List.of(file);
  }

  private static boolean isFinite(SafeTensors tensors, TensorEntry entry) {
    var finite = new boolean[] {true};
    tensors.readInto(
        entry.name(),
        (at, values, count) -> {
          for (int i = 0; i < count; i++) {
            finite[0] &= Float.isFinite(values[i]);
          }
        });
    return finite[0];
  }

  private static JsonObject report(Map<String, String> metadata, List<Row> rows) {
    var described = new JsonObject();
    metadata.forEach(described::put);
    var list = new JsonArray();
    for (var row : rows) {
      var shape = new JsonArray();
      row.entry().dims().forEach(shape::add);
      var tensor =
          new JsonObject()
              .put("name", row.entry().name())
              .put("dtype", row.entry().type().name())
              .put("shape", shape)
              .put("bytes", row.entry().bytes());
      if (row.finite() == null) {
        tensor.put("finite", (String) null);
      } else {
        tensor.put("finite", row.finite().booleanValue());
      }
      list.add(tensor);
    }
    return new JsonObject()
        .put("format", "safetensors")
        .put("metadata", described)
        .put("tensors", list);
  }

  private void print(Map<String, String> metadata, List<Row> rows) {
    metadata.forEach(
        (key, value) ->
            console.print("# " + MmibException.quote(key) + " = " + MmibException.quote(value)));
    long bytes = 0;
    for (var row : rows) {
      var entry = row.entry();
      bytes += entry.bytes();
      console.print(
          String.format(
              Locale.ROOT,
              "%-5s %-20s %12d  %s%s",
              entry.type().name(),
              entry.dims(),
              entry.bytes(),
              MmibException.quote(entry.name()),
              Boolean.FALSE.equals(row.finite()) ? "  NOT FINITE" : ""));
    }
    console.print("%d tensors, %d bytes".formatted(rows.size(), bytes));
  }
}
