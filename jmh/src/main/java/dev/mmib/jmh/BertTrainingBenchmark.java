package dev.mmib.jmh;

import org.openjdk.jmh.annotations.Param;

/** A step of bert-base: forward, backward, AdamW. */
public class BertTrainingBenchmark extends WorkloadBenchmark {

  @Param({"8x64", "8x128"})
  public String workload = "";

  @Param({"mmib", "djl"})
  public String engine = "";

  @Override
  protected String group() {
    return "bert-training";
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
