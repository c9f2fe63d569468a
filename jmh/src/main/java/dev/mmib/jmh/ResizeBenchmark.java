package dev.mmib.jmh;

import org.openjdk.jmh.annotations.Param;

/** A decoded picture into the numbers that a network is given. */
public class ResizeBenchmark extends WorkloadBenchmark {

  @Param({"resize"})
  public String workload = "";

  @Param({"mmib", "graphics2d"})
  public String engine = "";

  @Override
  protected String group() {
    return "picture";
  }

  @Override
  protected String workload() {
    return workload;
  }

  @Override
  protected String engine() {
    return engine;
  }
}
