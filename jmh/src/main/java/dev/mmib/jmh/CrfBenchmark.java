package dev.mmib.jmh;

import org.openjdk.jmh.annotations.Param;

/** The linear-chain CRF. */
public class CrfBenchmark extends WorkloadBenchmark {

  @Param({"likelihood-8x128", "best-8x128"})
  public String workload = "";

  @Param({"mmib", "djl"})
  public String engine = "";

  @Override
  protected String group() {
    return "crf";
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
