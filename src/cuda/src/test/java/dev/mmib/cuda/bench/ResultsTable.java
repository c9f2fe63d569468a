package dev.mmib.cuda.bench;

import static dev.mmib.cuda.bench.Results.NOT_RUN;
import static dev.mmib.cuda.bench.Results.number;
import static dev.mmib.cuda.bench.Results.ratio;
import static dev.mmib.cuda.bench.Results.time;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Makes of a run's files the tables of {@code docs/gpu-results.md}; of an empty folder, their form.
 *
 * <pre>java -cp ... dev.mmib.cuda.bench.ResultsTable FOLDER > results.md</pre>
 */
public final class ResultsTable {

  private static final Map<String, String> STEPS = steps();

  private final Path folder;
  private final PrintStream out;
  private final Results results = new Results();

  private ResultsTable(Path folder, PrintStream out) {
    this.folder = folder;
    this.out = out;
  }

  public static void main(String[] arguments) throws IOException {
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    print(Path.of(arguments[0]), out);
  }

  /** Prints the tables of what lies in a folder. */
  static void print(Path folder, PrintStream out) throws IOException {
    new ResultsTable(folder, out).print();
  }

  private static Map<String, String> steps() {
    var steps = new LinkedHashMap<String, String>();
    steps.put("machine", "what is there");
    steps.put("loader", "libraries found and loaded, GPU opened in every precision");
    steps.put("cublas", "products by cuBLAS: fp32, TF32, bf16 against the host");
    steps.put("cudnn", "convolutions by cuDNN, forward and backward: fp32, TF32, bf16");
    steps.put("ptx", "every PTX loads");
    steps.put("kernels", "the contract of every kernel against the double-precision reference");
    steps.put("precision", "attention in every precision; bf16 copies are those of today");
    steps.put("graphs", "recorded work equals unrecorded work bit for bit");
    steps.put("golden", "golden values in fp32: operators, losses, models, trajectories");
    steps.put("goldens", "bert-base, resnet50, mmib in fp32, TF32, bf16");
    steps.put("life", "leaks, out of memory, closed backends, threads");
    steps.put("others", "what else is tagged for a GPU");
    steps.put("training", "a tiny training along the CPU's curve, with and without graphs");
    for (var by : List.of("", "peer-")) {
      for (var part : List.of("memory", "launch", "attention", "model")) {
        steps.put(by + part, (by.isEmpty() ? "measures ours: " : "measures PyTorch: ") + part);
      }
    }
    return steps;
  }

  private void print() throws IOException {
    results.read(folder.resolve("ours.jsonl"));
    results.read(folder.resolve("peer.jsonl"));
    facts();
    proof();
    attention();
    memory();
    launches();
    models();
  }

  /** The fields of each line of a file, by the first of them. */
  private Map<String, String[]> lines(String file) throws IOException {
    var found = new LinkedHashMap<String, String[]>();
    var path = folder.resolve(file);
    if (Files.exists(path)) {
      for (var line : Files.readAllLines(path)) {
        var fields = line.split("\t", -1);
        found.put(fields[0], fields);
      }
    }
    return found;
  }

  private void row(Object... cells) {
    var texts = Stream.of(cells).map(String::valueOf).toList();
    out.println("| " + String.join(" | ", texts) + " |");
  }

  private void header(String title, String... columns) {
    out.println();
    out.println("## " + title);
    out.println();
    row((Object[]) columns);
    row(Stream.of(columns).map(column -> "---").toArray());
  }

  private void facts() throws IOException {
    var facts = lines("facts.tsv");
    header("The machine", "", "");
    var names = new ArrayList<>(List.of("GPU 0", "driver", "cuBLAS", "cuDNN", "date", "commit"));
    facts.keySet().stream().filter(name -> !names.contains(name)).forEach(names::add);
    for (var name : names) {
      var fact = facts.get(name);
      row(name, fact == null ? NOT_RUN : fact[1].replace("|", "/"));
    }
  }

  private void proof() throws IOException {
    var steps = lines("steps.tsv");
    header("Proof", "step", "what", "result", "tests passed, failed, skipped", "seconds");
    STEPS.forEach(
        (name, what) -> {
          var step = steps.get(name);
          if (step == null) {
            row(name, what, NOT_RUN, "", "");
          } else {
            row(name, what, step[1], step[3], step[2]);
          }
        });
  }

  private Optional<Result> ours(String what, String shape, String precision) {
    return results.find("mmib", what, shape, precision, "");
  }

  private Optional<Result> torch(String what, String shape, String precision) {
    return results.find("torch", what, shape, precision, "");
  }

  private void attention() {
    header(
        "Fused attention: batch × heads × queries × keys × dimensions",
        "shape",
        "precision",
        "direction",
        "ours",
        "PyTorch",
        "its backend",
        "PyTorch / ours (goal 1)");
    for (var precision : List.of("fp32", "bf16")) {
      for (int batch : List.of(8, 16, 32, 64)) {
        for (int tokens : List.of(80, 128, 256, 512)) {
          attention(batch + "x12x" + tokens + "x" + tokens + "x64", precision, "");
        }
        attention(batch + "x12x128x5x64", precision, "");
      }
      attention("32x12x128x128x64", precision, ", dropout");
    }
  }

  private void attention(String shape, String precision, String dropout) {
    for (var direction : List.of("forward", "backward")) {
      var what = "attention " + direction + dropout;
      var ours = ours(what, shape, precision);
      var torch = torch(what, shape, precision);
      var backend = torch.map(Result::mode).orElse("").toLowerCase(Locale.ROOT);
      row(
          shape.replace("x", " × "),
          precision,
          direction + dropout,
          time(ours),
          time(torch),
          backend.replace("_attention", ""),
          ratio(ours, torch));
    }
  }

  private void memory() {
    header(
        "Bound by memory, fp32",
        "what",
        "shape",
        "ours",
        "GB/s",
        "share of the copy's (goal 0.85)",
        "PyTorch",
        "PyTorch / ours");
    for (int rows : List.of(4096, 131_072)) {
      var hidden = rows + "x768";
      memory("layer norm forward", hidden);
      memory("layer norm backward", hidden);
      memory("residual + layer norm forward", hidden);
      var inner = (rows > 4096 ? rows / 4 : rows) + "x3072";
      memory("bias + GELU forward", inner);
      memory("bias + GELU backward", inner);
      var scores = rows * 12 + "x128";
      memory("softmax forward", scores);
      memory("softmax backward", scores);
    }
    memory("AdamW", "bert-base");
    memory("gradient norm", "bert-base");
  }

  private void memory(String what, String shape) {
    var ours = ours(what, shape, "fp32");
    var copy = ours("copy", shape, "fp32");
    var torch = torch(what, shape, "fp32");
    row(
        what,
        shape.replace("x", " × "),
        time(ours),
        ours.map(r -> number(r.gigabytesPerSecond())).orElse(NOT_RUN),
        ours.isPresent() && copy.isPresent()
            ? "**"
                + number(ours.get().gigabytesPerSecond() / copy.get().gigabytesPerSecond())
                + "** of "
                + number(copy.get().gigabytesPerSecond())
            : NOT_RUN,
        time(torch),
        ratio(ours, torch));
  }

  private void launches() {
    header("What a launch costs the host", "", "");
    row("ours, Java and driver", time(results.find("mmib", "launch", "4", "fp32", "launches")));
    row(
        "ours, Java alone, in a replay",
        time(results.find("mmib", "launch", "4", "fp32", "graphs")));
    row("PyTorch, eager", time(torch("launch", "4", "fp32")));
  }

  private void models() {
    header(
        "MMIB of bert-base's size, pictures as features",
        "what",
        "posts × tokens",
        "precision",
        "ours, launches",
        "ours, graphs",
        "PyTorch, eager",
        "PyTorch, compiled",
        "eager / ours (goal 1)",
        "compiled / ours (goal 0.9)");
    for (var what : List.of("training step", "inference", "tagging")) {
      for (var precision : List.of("fp32", "tf32", "bf16")) {
        for (var shape : List.of("8x128", "32x128")) {
          var launches = results.find("mmib", what, shape, precision, "launches");
          var graphs = results.find("mmib", what, shape, precision, "graphs");
          var best = better(launches, graphs);
          var eager = results.find("torch", what, shape, precision, "eager");
          var compiled = results.find("torch", what, shape, precision, "compile");
          boolean compared = !what.equals("tagging");
          row(
              what,
              shape.replace("x", " × "),
              precision,
              time(launches),
              time(graphs),
              compared ? time(eager) : "–",
              compared ? time(compiled) : "–",
              compared ? ratio(best, eager) : "–",
              compared ? ratio(best, compiled) : "–");
        }
      }
    }
  }

  private static Optional<Result> better(Optional<Result> a, Optional<Result> b) {
    return a.isEmpty() || (b.isPresent() && b.get().median() < a.get().median()) ? b : a;
  }
}
