package dev.mmib.cuda.bench;

import dev.mmib.cuda.CudaProvider;
import dev.mmib.cuda.natives.CudaNatives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.stream.Collectors;

/**
 * Loads the GPU's libraries, opens the GPU in every precision and writes down what there is: a
 * name, a tab and a value a line.
 *
 * <pre>java -cp ... dev.mmib.cuda.bench.GpuFacts FILE</pre>
 */
public final class GpuFacts {

  private GpuFacts() {}

  public static void main(String[] arguments) throws IOException {
    var facts = new LinkedHashMap<>(CudaNatives.versions());
    facts.put("Java", System.getProperty("java.vm.name") + " " + Runtime.version());
    var reason = CudaNatives.unavailableBecause();
    reason.ifPresent(text -> facts.put("unavailable", text));
    if (reason.isEmpty()) {
      for (var precision : new CudaProvider().precisions()) {
        try (var device = Measuring.open(precision, false)) {
          facts.put("opened", device.description());
          facts.put("available", device.availableBytes() / (1 << 20) + " MiB");
        }
      }
    }
    var lines =
        facts.entrySet().stream()
            .map(fact -> fact.getKey() + "\t" + fact.getValue() + "\n")
            .collect(Collectors.joining());
    System.out.print(lines);
    Files.writeString(
        Path.of(arguments[0]), lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    System.exit(reason.isEmpty() ? 0 : 1);
  }
}
