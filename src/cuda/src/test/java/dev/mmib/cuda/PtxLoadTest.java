package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.cuda.natives.CudaNatives;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The driver compiles every PTX of the jar for its GPU, and has every kernel in it. */
@Tag("gpu")
class PtxLoadTest {

  private static String read(String resource) throws IOException {
    try (var in = KernelFiles.class.getResourceAsStream("ptx/" + resource)) {
      return new String(
          Objects.requireNonNull(in, resource).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The names of the files, from the list of what they were made of. */
  private static List<String> files() throws IOException {
    return read("sources.sha256")
        .lines()
        .map(line -> line.substring(line.lastIndexOf(' ') + 1))
        .filter(source -> source.endsWith(".cu"))
        .map(source -> source.substring(0, source.length() - ".cu".length()))
        .toList();
  }

  @Test
  void everyKernelOfEveryFileLoads() throws IOException {
    Gpu.assumePresent();
    CudaNatives.load();
    var failures = new ArrayList<String>();
    int kernels = 0;
    try (var stream = new CudaStream(0)) {
      for (var file : files()) {
        for (var name : Signature.of(read(file + ".ptx")).keySet()) {
          kernels++;
          try {
            stream.kernel(file, name).compiled();
          } catch (RuntimeException e) { // all that fail are of interest
            failures.add(file + " " + name + ": " + e.getMessage());
          }
        }
      }
    }
    assertTrue(failures.isEmpty(), () -> String.join("\n", failures));
    assertTrue(kernels > 50, kernels + " kernels");
  }
}
