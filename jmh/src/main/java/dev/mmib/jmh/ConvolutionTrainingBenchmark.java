package dev.mmib.jmh;

import org.openjdk.jmh.annotations.Param;

/** Single convolutions with both derivatives. */
public class ConvolutionTrainingBenchmark extends WorkloadBenchmark {

  @Param({
    "7x7-3-64-of-224-by-2",
    "3x3-64-64-of-56",
    "1x1-256-64-of-56",
    "3x3-128-128-of-56-by-2",
    "3x3-256-256-of-14",
    "1x1-1024-2048-of-7"
  })
  public String workload = "";

  @Param({"mmib", "djl", "onednn"})
  public String engine = "";

  @Override
  protected String group() {
    return "convolution-training";
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
