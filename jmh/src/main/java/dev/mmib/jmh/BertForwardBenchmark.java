package dev.mmib.jmh;

import org.openjdk.jmh.annotations.Param;

/** bert-base to its last hidden states. */
public class BertForwardBenchmark extends WorkloadBenchmark {

  @Param({"1x32", "1x128", "8x128", "32x80"})
  public String workload = "";

  @Param({"mmib", "djl", "onnxruntime"})
  public String engine = "";

  @Override
  protected String group() {
    return "bert-forward";
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
