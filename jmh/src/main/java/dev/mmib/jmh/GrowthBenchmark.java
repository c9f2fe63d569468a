package dev.mmib.jmh;

import org.openjdk.jmh.annotations.Param;

/** How the cost of bert-base grows with tokens and texts. */
public class GrowthBenchmark extends WorkloadBenchmark {

  @Param({"1x16", "1x64", "1x256", "1x512", "2x32", "8x32", "32x32"})
  public String workload = "";

  @Param({"mmib", "djl", "onnxruntime"})
  public String engine = "";

  @Override
  protected String group() {
    return "growth";
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
