package dev.mmib.jmh;

import dev.mmib.backend.Device;
import dev.mmib.backend.MemoryUse;
import dev.mmib.jmh.mmib.MmibStep;
import dev.mmib.jmh.mmib.MmibStep.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What a steady training step takes and leaves behind: bytes of the Java heap by JMH's profiler
 * ({@code gc.alloc.rate.norm}), growth outside of it by counters.
 *
 * <pre>java -cp jmh/target/benchmarks.jar dev.mmib.jmh.MemoryBenchmark [JSON FILE]</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx3g")
@Warmup(iterations = 3)
@Measurement(iterations = 5)
public class MemoryBenchmark {

  /** What is measured: {@link Part} in lower case. */
  @Param({"step", "pictures"})
  public String part = "";

  private @Nullable MmibStep work;

  /** What an iteration left behind outside of the heap. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Growth {

    /** Bytes by which the device's live tensors grew. */
    public long liveBytes;

    /** Bytes by which their peak grew. */
    public long peakBytes;

    /** Bytes by which the process's resident memory grew; 0 where the system does not tell. */
    public long residentBytes;

    @Setup(Level.Iteration)
    public void reset() {
      liveBytes = 0;
      peakBytes = 0;
      residentBytes = 0;
    }
  }

  @Setup
  public void open() {
    work = new MmibStep(Device.of("cpu"), Part.valueOf(part.toUpperCase(Locale.ROOT)));
  }

  /** One step, or the features of the pictures of one. */
  @Benchmark
  public void run(Growth growth) throws IOException {
    var opened = work;
    if (opened == null) {
      throw new IllegalStateException("memory: not set up");
    }
    MemoryUse before = opened.memory();
    long resident = residentBytes();
    opened.run();
    MemoryUse after = opened.memory();
    growth.liveBytes = after.liveBytes() - before.liveBytes();
    growth.peakBytes = after.peakBytes() - before.peakBytes();
    growth.residentBytes = residentBytes() - resident;
  }

  private static long residentBytes() throws IOException {
    var status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    // A few kilobytes of what is measured are the garbage of this.
    String text = Files.readString(status);
    int from = text.indexOf("VmRSS:") + "VmRSS:".length();
    int to = text.indexOf("kB", from);
    return Long.parseLong(text.substring(from, to).strip()) << 10;
  }

  @TearDown
  public void close() {
    if (work != null) {
      work.close();
    }
  }

  /** Runs it with JMH's profiler. */
  public static void main(String[] arguments) throws RunnerException {
    var options =
        new OptionsBuilder()
            .include(MemoryBenchmark.class.getSimpleName())
            .addProfiler(GCProfiler.class);
    if (arguments.length > 0) {
      options.resultFormat(ResultFormatType.JSON).result(arguments[0]);
    }
    new Runner(options.build()).run();
  }
}
