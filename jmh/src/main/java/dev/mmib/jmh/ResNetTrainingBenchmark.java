package dev.mmib.jmh;

import org.openjdk.jmh.annotations.Param;

/** ResNet-50, forward and backward. */
public class ResNetTrainingBenchmark extends WorkloadBenchmark {

  @Param({"8"})
  public String workload = "";

  @Param({"mmib", "djl"})
  public String engine = "";

  @Override
  protected String group() {
    return "resnet-training";
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
