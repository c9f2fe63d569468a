package dev.mmib.jmh;

import dev.mmib.jmh.limit.FmaLoop;
import dev.mmib.jmh.limit.OneDnnProduct;
import dev.mmib.jmh.limit.OpenBlasProduct;
import java.util.List;

/**
 * What the machine can do at most: multiply-adds in registers where it has a C compiler, and else
 * oneDNN's product of matrices that stay in the caches, which comes to some percent less.
 */
final class PeakWorkloads {

  /** The contender that percentages refer to. */
  static final String PEAK = FmaLoop.isPossible() ? "fma" : "onednn";

  /** Operations of one run, some 15 ms on two cores of 2026. */
  static final double OPERATIONS;

  private static final ProductInput IN_CACHE = ProductInput.linear(384, 384, 384);
  private static final int PRODUCTS = 32;

  static {
    OPERATIONS = PRODUCTS * IN_CACHE.operations();
  }

  private PeakWorkloads() {}

  static List<Workload> all() {
    return List.of(peak());
  }

  static Workload peak() {
    var workload = Workload.of("peak", "float32", OPERATIONS);
    if (FmaLoop.isPossible()) {
      workload = workload.with("fma", threads -> new FmaLoop(threads, OPERATIONS));
    }
    return workload
        .with("onednn", threads -> new Repeated(new OneDnnProduct(threads, IN_CACHE)))
        .with("openblas", threads -> new Repeated(new OpenBlasProduct(threads, IN_CACHE)));
  }

  private record Repeated(Contender product) implements Contender {

    @Override
    public void run() {
      for (int i = 0; i < PRODUCTS; i++) {
        product.run();
      }
    }

    @Override
    public float[] result() {
      return product.result();
    }

    @Override
    public String description() {
      return product.description() + ", products of 384³ in the caches";
    }

    @Override
    public void close() {
      product.close();
    }
  }
}
