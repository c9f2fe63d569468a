package dev.mmib.cuda.bench;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Measures a GPU and writes a line of JSON for each result.
 *
 * <pre>
 * java -cp ... dev.mmib.cuda.bench.GpuBenchmarks FILE [--quick] [memory|launch|attention|model]...
 * </pre>
 */
public final class GpuBenchmarks {

  private GpuBenchmarks() {}

  public static void main(String[] arguments) throws IOException {
    var parts =
        List.of(arguments).stream().skip(1).filter(argument -> !argument.startsWith("-")).toList();
    boolean quick = List.of(arguments).contains("--quick");
    var stopwatch = quick ? Stopwatch.QUICK : Stopwatch.USUAL;
    try (var file = new FileOutputStream(arguments[0], true);
        var out = new PrintStream(file, false, StandardCharsets.UTF_8)) {
      if (parts.isEmpty() || parts.contains("memory")) {
        new MemoryBenchmark(quick, stopwatch, out).run();
      }
      if (parts.isEmpty() || parts.contains("launch")) {
        new LaunchBenchmark(quick, out).run();
      }
      if (parts.isEmpty() || parts.contains("attention")) {
        new AttentionBenchmark(quick, stopwatch, out).run();
      }
      if (parts.isEmpty() || parts.contains("model")) {
        new ModelBenchmark(quick, out).run();
      }
    }
  }
}
