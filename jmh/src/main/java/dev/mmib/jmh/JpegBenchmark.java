package dev.mmib.jmh;

import org.openjdk.jmh.annotations.Param;

/** A JPEG into the numbers that a network is given. */
public class JpegBenchmark extends WorkloadBenchmark {

  @Param({"jpeg"})
  public String workload = "";

  @Param({"mmib", "imageio-graphics2d"})
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
