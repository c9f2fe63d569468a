package dev.mmib.jmh.limit;

import com.sun.jna.Library;
import com.sun.jna.Native;
import dev.mmib.jmh.Contender;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The machine's peak: fused multiply-adds in registers on all threads, compiled from C by the
 * compiler of the machine.
 */
public final class FmaLoop implements Contender {

  /** The C functions. */
  public interface Functions extends Library {
    @SuppressWarnings("checkstyle:MethodName") // C's
    long fma_operations_per_turn();

    @SuppressWarnings("checkstyle:MethodName")
    float fma_turns(long turns);
  }

  private static final String COMPILER = "gcc";

  private final Functions functions;
  private final ExecutorService threads;
  private final List<Callable<Float>> parts;

  /**
   * Compiles the loop.
   *
   * @param operations of one run
   */
  public FmaLoop(int threads, double operations) throws IOException {
    functions = compiled();
    this.threads = Executors.newFixedThreadPool(threads);
    double each = operations / threads / functions.fma_operations_per_turn();
    parts =
        new ArrayList<>(Collections.nCopies(threads, () -> functions.fma_turns(Math.round(each))));
  }

  /** Whether the machine has the compiler. */
  public static boolean isPossible() {
    try {
      return new ProcessBuilder(COMPILER, "--version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static Functions compiled() throws IOException {
    var directory = Files.createTempDirectory("mmib-benchmark-peak");
    var source = directory.resolve("fma.c");
    var library = directory.resolve(System.mapLibraryName("fma"));
    try {
      try (var code = FmaLoop.class.getResourceAsStream("fma.c")) {
        if (code == null) {
          throw new IOException("fma.c is missing beside the class");
        }
        Files.copy(code, source);
      }
      compile(source, library);
      return Native.load(library.toString(), Functions.class);
    } finally {
      Files.deleteIfExists(source);
      Files.deleteIfExists(library); // what is loaded stays
      Files.delete(directory);
    }
  }

  private static void compile(Path source, Path library) throws IOException {
    var process =
        new ProcessBuilder(
                COMPILER,
                "-O3",
                "-march=native",
                "-ffp-contract=fast",
                "-shared",
                "-fPIC",
                "-o",
                library.toString(),
                source.toString())
            .redirectErrorStream(true)
            .start();
    var messages = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(COMPILER + ": " + messages);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void run() {
    try {
      for (var part : threads.invokeAll(parts)) {
        part.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public float[] result() {
    return NO_RESULT;
  }

  @Override
  public String description() {
    return "multiply-adds in registers, " + COMPILER + " -march=native";
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
