package dev.mmib.jmh;

import dev.mmib.io.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The machine, the day and the source that results belong to. */
final class Machine {

  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  /** Of a processor's many flags those that decide about speed here. */
  private static final Set<String> TELLING_FLAGS =
      Set.of("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_tile");

  private Machine() {}

  /** All that results depend on besides the code of contenders. */
  static JsonObject describe(int threads, int rounds) throws IOException {
    return new JsonObject()
        .put("date", LocalDate.now(ZoneOffset.UTC).toString())
        .put("commit", commit())
        .put("processor", processor())
        .put("cores", (long) Runtime.getRuntime().availableProcessors())
        .put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"))
        .put("java", System.getProperty("java.vm.name") + " " + Runtime.version())
        .put("threads", (long) threads)
        .put("rounds", (long) rounds);
  }

  /** The processor's name, family and model, and instructions; where Linux says them. */
  private static String processor() throws IOException {
    if (!Files.exists(CPUINFO)) {
      return System.getProperty("os.arch");
    }
    var lines = Files.readAllLines(CPUINFO);
    var flags = new ArrayList<>(List.of(field(lines, "flags").split(" ", -1)));
    flags.retainAll(TELLING_FLAGS);
    return field(lines, "model name")
        + ", family "
        + field(lines, "cpu family")
        + ", model "
        + field(lines, "model")
        + " ("
        + String.join(", ", flags)
        + ")";
  }

  private static String field(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.split(":", -1)[0].strip().equals(name))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }

  /** The commit of the checkout that this runs in, with a plus where files differ from it. */
  private static String commit() {
    try {
      var changed =
          output("git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs");
      return output("git", "rev-parse", "--short", "HEAD") + (changed.isEmpty() ? "" : "+");
    } catch (IOException e) {
      return "unknown"; // no git, or no checkout: the jar was copied
    }
  }

  private static String output(String... command) throws IOException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    try {
      if (process.waitFor() != 0) {
        throw new IOException(text);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    return text;
  }
}
