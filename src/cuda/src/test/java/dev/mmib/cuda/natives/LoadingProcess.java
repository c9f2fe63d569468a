package dev.mmib.cuda.natives;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Loading in a Java of its own, since a process can load natives once only. */
final class LoadingProcess {

  private LoadingProcess() {}

  /** What the process prints: a fact a line. */
  public static void main(String[] args) {
    var before = System.getProperty("java.io.tmpdir");
    System.out.println("reason=" + CudaNatives.unavailableBecause().orElse(""));
    System.out.println("devices=" + CudaNatives.deviceCount());
    CudaNatives.versions().forEach((what, version) -> System.out.println(what + "=" + version));
    for (var ordinal : args) {
      System.out.println("load " + ordinal + "=" + failure(Integer.parseInt(ordinal)));
    }
    System.out.println("restored=" + before.equals(System.getProperty("java.io.tmpdir")));
    System.out.println("later files=" + folderOfLaterFiles());
  }

  private static String folderOfLaterFiles() {
    try {
      var file = File.createTempFile("later", null);
      return file.delete() ? String.valueOf(file.getParent()) : "not deleted";
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static String failure(int ordinal) {
    try {
      CudaNatives.load(ordinal);
      return "";
    } catch (RuntimeException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** What a process with this environment and nothing else of CUDA's finds. */
  static List<String> facts(Path temporary, Map<String, String> environment, String... args)
      throws IOException, InterruptedException {
    return facts(System.getProperty("java.class.path"), temporary, environment, args);
  }

  /** The same with another class path. */
  static List<String> facts(
      String classPath, Path temporary, Map<String, String> environment, String... args)
      throws IOException, InterruptedException {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                classPath,
                LoadingProcess.class.getName()));
    command.addAll(List.of(args));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder
        .environment()
        .keySet()
        .removeIf(key -> key.contains("CUDA") || key.startsWith("LD_") || key.startsWith("STUB_"));
    builder.environment().putAll(environment);
    var process = builder.start();
    List<String> lines;
    try (var reader = process.inputReader()) {
      lines = reader.lines().toList();
    }
    if (process.waitFor() != 0) {
      throw new IOException(String.join("\n", lines));
    }
    return lines;
  }
}
