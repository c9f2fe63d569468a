package dev.mmib.cuda.natives;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * NVIDIA's libraries in name and version node only, built of stubs.c; the test is skipped without
 * gcc.
 */
final class Stubs {

  private final Path folder;

  /** What they are built into: a folder for each. */
  Stubs(Path folder) {
    this.folder = folder;
  }

  /** Builds {@code DRIVER}, {@code CUBLAS=12}, {@code CUBLAS=13}, {@code CUDNN} or {@code PART}. */
  Path build(String kind, String soname) throws IOException, InterruptedException {
    var into = Files.createDirectories(folder.resolve(kind.replace('=', '-')));
    var source = into.resolve("stubs.c");
    try (InputStream in = Stubs.class.getResourceAsStream("stubs.c")) {
      Files.write(source, in.readAllBytes());
    }
    var versions = Files.writeString(into.resolve("stubs.map"), soname + " { global: *; };\n");
    var library = into.resolve(soname);
    run(
        List.of(
            "gcc",
            "-fPIC",
            "-shared",
            "-D" + kind,
            "-Wl,-soname," + soname,
            "-Wl,--version-script=" + versions,
            source.toString(),
            "-o",
            library.toString()));
    return library;
  }

  /** All that a GPU needs, cuBLAS of that CUDA. */
  Path[] complete(int cuda) throws IOException, InterruptedException {
    var built = new ArrayList<Path>();
    built.add(build("DRIVER", "libcuda.so.1"));
    built.add(build("CUBLAS=" + cuda, "libcublas.so." + cuda));
    built.add(build("CUDNN", "libcudnn.so.9"));
    return built.toArray(Path[]::new);
  }

  /** The folders of these libraries as one list. */
  static String folders(Path... libraries) {
    return Stream.of(libraries)
        .map(library -> String.valueOf(library.getParent()))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      System.out.println("SKIPPED stubs of NVIDIA's libraries: " + e.getMessage());
      Assumptions.abort("no gcc");
      return;
    }
    String output;
    try (var reader = process.inputReader()) {
      output = reader.lines().collect(Collectors.joining("\n"));
    }
    if (process.waitFor() != 0) {
      throw new IOException(command + "\n" + output);
    }
  }
}
