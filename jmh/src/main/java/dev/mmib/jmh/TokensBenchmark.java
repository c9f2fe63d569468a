package dev.mmib.jmh;

import org.openjdk.jmh.annotations.Param;

/** Posts into word pieces. */
public class TokensBenchmark extends WorkloadBenchmark {

  @Param({"single", "batches-of-16"})
  public String workload = "";

  @Param({"mmib", "huggingface"})
  public String engine = "";

  @Override
  protected String group() {
    return "tokens";
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
