package dev.mmib.jmh;

import org.openjdk.jmh.annotations.Param;

/** Single operators at the sizes of bert-base. */
public class OperatorBenchmark extends WorkloadBenchmark {

  @Param({
    "linear-768-768",
    "linear-768-3072",
    "linear-3072-768",
    "linear-768-3072-of-32",
    "scores",
    "mixing",
    "attention",
    "softmax",
    "layer-norm",
    "gelu"
  })
  public String workload = "";

  @Param({"mmib", "djl", "onnxruntime"})
  public String engine = "";

  @Override
  protected String group() {
    return "operators";
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
