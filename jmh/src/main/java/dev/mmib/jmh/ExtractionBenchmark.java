package dev.mmib.jmh;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;

/** Entities from posts, one by one with the distribution of latencies, or many at once. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 4)
public class ExtractionBenchmark extends WorkloadBenchmark {

  @Param({"one-text", "one-pictured", "64-text", "64-pictured"})
  public String workload = "";

  @Override
  protected String group() {
    return "mmib-extraction";
  }

  @Override
  protected String workload() {
    return workload;
  }

  @Override
  protected String engine() {
    return Workload.OURS;
  }
}
