package dev.mmib.jmh;

import dev.mmib.backend.Device;
import dev.mmib.bert.Bert;
import dev.mmib.convert.ConvertOptions;
import dev.mmib.convert.Converter;
import dev.mmib.io.HuggingFaceDirectory;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a process holds at most while it loads or converts weights of 438 MB, on Linux.
 *
 * <pre>java -cp jmh/target/benchmarks.jar dev.mmib.jmh.PeakMemory</pre>
 */
public final class PeakMemory {

  private PeakMemory() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length == 0) {
      try {
        BertBase.directory();
        BertBase.pickled();
        for (var what : List.of("nothing", "loading", "converting")) {
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx1g",
                  "-cp",
                  System.getProperty("java.class.path"),
                  PeakMemory.class.getName(),
                  what)
              .inheritIO()
              .start()
              .waitFor();
        }
      } finally {
        BertBase.delete();
      }
      return;
    }
    try (var backend = Device.of("cpu").open()) {
      if (arguments[0].equals("loading")) {
        var directory = HuggingFaceDirectory.open(BertBase.directory());
        try (var weights = directory.weights();
            var parameters = new Parameters(backend, weights.bert(Weights.random(0)))) {
          Bert.of(parameters.at("bert"), directory.config());
        }
      } else if (arguments[0].equals("converting")) {
        Converter.convert(BertBase.pickled(), BertBase.scratch(), ConvertOptions.STANDARD);
      }
    }
    var peak =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmHWM:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
            .findFirst();
    System.out.println(arguments[0] + ": " + peak.orElse(0) + " MiB at most");
  }
}
