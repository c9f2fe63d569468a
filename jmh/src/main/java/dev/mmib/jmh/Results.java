package dev.mmib.jmh;

import dev.mmib.error.ErrorCode;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A file of results, of one run or of several of which each measured some workloads: a later run
 * takes the place of an earlier one's.
 *
 * @param runs in the order of time
 */
record Results(List<Run> runs) {

  /**
   * One run.
   *
   * @param circumstances what {@link Machine#describe} says
   * @param workloads what {@link Measured#toJson} says of each
   */
  record Run(JsonObject circumstances, List<JsonObject> workloads) {}

  /** Reads a file. */
  static Results read(Path file) {
    var runs = new ArrayList<Run>();
    for (var item : Json.read(file, ErrorCode.IO).asObject().array("runs")) {
      var run = item.asObject();
      var workloads = new ArrayList<JsonObject>();
      for (var workload : run.array("workloads")) {
        workloads.add(workload.asObject());
      }
      runs.add(new Run(run.object("circumstances"), workloads));
    }
    return new Results(runs);
  }

  /** Adds a workload that was just measured to a file, which may not be there yet. */
  static void add(Path file, JsonObject circumstances, JsonObject workload) {
    var before = Files.exists(file) ? read(file) : new Results(List.of());
    AtomicFile.write(file, before.with(circumstances, workload).toText());
  }

  /** These and a workload measured anew, in the last run where that has the same circumstances. */
  Results with(JsonObject circumstances, JsonObject workload) {
    var all = new ArrayList<Run>();
    for (var run : runs) {
      var kept = run.workloads().stream().filter(w -> !path(w).equals(path(workload))).toList();
      if (!kept.isEmpty()) {
        all.add(new Run(run.circumstances(), kept));
      }
    }
    var last = all.isEmpty() ? null : all.get(all.size() - 1);
    var together = new ArrayList<JsonObject>();
    if (last != null && last.circumstances().equals(circumstances)) {
      together.addAll(last.workloads());
      all.remove(last);
    }
    together.add(workload);
    all.add(new Run(circumstances, together));
    return new Results(all);
  }

  private static String path(JsonObject workload) {
    return workload.string("group") + "/" + workload.string("name");
  }

  /** JSON with a line for each workload. */
  String toText() {
    return runs.stream()
        .map(
            run ->
                "{\"circumstances\":"
                    + Json.write(run.circumstances())
                    + ",\"workloads\":[\n"
                    + run.workloads().stream().map(Json::write).collect(Collectors.joining(",\n"))
                    + "\n]}")
        .collect(Collectors.joining(",\n", "{\"runs\":[\n", "\n]}\n"));
  }
}
