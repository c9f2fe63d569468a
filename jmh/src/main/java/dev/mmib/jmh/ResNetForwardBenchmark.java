package dev.mmib.jmh;

import org.openjdk.jmh.annotations.Param;

/** ResNet-50 to its features. */
public class ResNetForwardBenchmark extends WorkloadBenchmark {

  @Param({"1", "8", "40"})
  public String workload = "";

  @Param({"mmib", "djl", "onnxruntime"})
  public String engine = "";

  @Override
  protected String group() {
    return "resnet-forward";
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
