package dev.mmib.cuda.natives;

import static jcuda.nvptxcompiler.JNvPTXCompiler.nvPTXCompilerCompile;
import static jcuda.nvptxcompiler.JNvPTXCompiler.nvPTXCompilerCreate;
import static jcuda.nvptxcompiler.JNvPTXCompiler.nvPTXCompilerDestroy;
import static jcuda.nvptxcompiler.JNvPTXCompiler.nvPTXCompilerGetErrorLog;
import static jcuda.nvptxcompiler.JNvPTXCompiler.nvPTXCompilerGetErrorLogSize;
import static jcuda.nvptxcompiler.JNvPTXCompiler.nvPTXCompilerGetInfoLog;
import static jcuda.nvptxcompiler.JNvPTXCompiler.nvPTXCompilerGetInfoLogSize;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;

/**
 * The compiler of PTX of CUDA 12.0, which lies in JCuda's natives: it needs neither GPU nor
 * toolkit.
 *
 * <p>It is as old as the oldest driver that is supported, and knows GPUs up to Hopper.
 */
public final class PtxCompiler {

  private static final Pattern ENTRY = Pattern.compile("Compiling entry function '(\\w+)'");
  private static final Pattern SPILLS =
      Pattern.compile("(\\d+) bytes spill stores, (\\d+) bytes spill loads");
  private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");
  private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

  private PtxCompiler() {}

  /**
   * What one kernel takes.
   *
   * @param registers of each thread
   * @param spilledBytes that did not fit into registers, written and read back
   * @param sharedBytes static shared memory of a block
   */
  public record Use(String kernel, int registers, int spilledBytes, int sharedBytes) {}

  /** Loads the compiler, privately as all of JCuda; its statuses are checked here. */
  public static synchronized void load() throws IOException {
    try (var natives = new JCudaNatives()) {
      natives.load("jcuda.nvptxcompiler.JNvPTXCompiler");
    } catch (Unavailable e) {
      throw new IOException(e);
    }
    JNvPTXCompiler.setExceptionsEnabled(false);
  }

  /**
   * What each kernel takes on an architecture such as {@code sm_90}.
   *
   * @throws IllegalArgumentException with the compiler's log when it does not compile
   */
  public static List<Use> compile(String ptx, String architecture) {
    byte[] source = (ptx + "\0").getBytes(StandardCharsets.UTF_8);
    var compiler = new nvPTXCompilerHandle();
    require("create", nvPTXCompilerCreate(compiler, source.length, source));
    try {
      String[] options = {"--gpu-name=" + architecture, "--verbose"};
      int result = nvPTXCompilerCompile(compiler, options.length, options);
      if (result != nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
        throw new IllegalArgumentException(
            nvPTXCompileResult.stringFor(result) + "\n" + errorLog(compiler));
      }
      return uses(infoLog(compiler));
    } finally {
      require("destroy", nvPTXCompilerDestroy(compiler));
    }
  }

  private static String errorLog(nvPTXCompilerHandle compiler) {
    long[] size = {0};
    require("error log", nvPTXCompilerGetErrorLogSize(compiler, size));
    byte[] log = new byte[(int) size[0] + 1];
    require("error log", nvPTXCompilerGetErrorLog(compiler, log));
    return text(log);
  }

  private static String infoLog(nvPTXCompilerHandle compiler) {
    long[] size = {0};
    require("info log", nvPTXCompilerGetInfoLogSize(compiler, size));
    byte[] log = new byte[(int) size[0] + 1];
    require("info log", nvPTXCompilerGetInfoLog(compiler, log));
    return text(log);
  }

  private static String text(byte[] log) {
    return new String(log, StandardCharsets.UTF_8).replace("\0", "").strip();
  }

  private static void require(String what, int result) {
    if (result != nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
      throw new IllegalStateException(what + ": " + nvPTXCompileResult.stringFor(result));
    }
  }

  /** The log has an entry's name, then its spills, then its registers and shared memory. */
  private static List<Use> uses(String log) {
    var uses = new ArrayList<Use>();
    String kernel = "";
    int spilled = 0;
    for (var line : log.lines().toList()) {
      var entry = ENTRY.matcher(line);
      var spills = SPILLS.matcher(line);
      if (entry.find()) {
        kernel = entry.group(1);
        spilled = 0;
      } else if (spills.find()) {
        spilled += Integer.parseInt(spills.group(1)) + Integer.parseInt(spills.group(2));
      } else {
        var used = number(REGISTERS, line);
        if (used.isPresent()) {
          uses.add(new Use(kernel, used.get(), spilled, number(SHARED, line).orElse(0)));
        }
      }
    }
    return uses;
  }

  private static Optional<Integer> number(Pattern pattern, String line) {
    Matcher matcher = pattern.matcher(line);
    return matcher.find() ? Optional.of(Integer.parseInt(matcher.group(1))) : Optional.empty();
  }
}
