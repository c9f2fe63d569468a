package dev.mmib.jmh;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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

/**
 * A group of {@link Workload}s as a benchmark of JMH, for its profilers. One contender after the
 * other: what is to be compared is measured by {@link Comparison}, in turns.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx3g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public abstract class WorkloadBenchmark {

  @Param("2")
  public int threads = 2;

  private @Nullable Contender contender;

  /** The group that the workloads are of. */
  protected abstract String group();

  /** Which workload of the group. */
  protected abstract String workload();

  /** Which contender of the workload. */
  protected abstract String engine();

  @Setup
  public void open() throws Exception {
    contender = Workloads.find(group(), workload()).open(engine(), threads);
  }

  @Benchmark
  public void run() {
    opened().run();
  }

  @TearDown(Level.Invocation)
  public void between() {
    opened().between();
  }

  @TearDown
  public void close() {
    opened().close();
  }

  private Contender opened() {
    if (contender == null) {
      throw new IllegalStateException("benchmark: was not set up");
    }
    return contender;
  }
}
