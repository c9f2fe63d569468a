package dev.mmib.jmh;

import java.io.IOException;
import java.util.List;

/** Loading and converting, each against the least that a machine has to do. */
final class LoadingWorkloads {

  /** Something of a benchmark that is run. */
  @FunctionalInterface
  private interface Step {
    void run() throws Exception;
  }

  private LoadingWorkloads() {}

  static List<Workload> all() {
    return List.of(
        Workload.of("loading", "bert-base", 0)
            .with(Workload.OURS, threads -> loading(LoadingBenchmark::load))
            .with("read-to-direct-memory", threads -> loading(LoadingBenchmark::readToDirectMemory))
            .with("read-to-plain-memory", threads -> loading(LoadingBenchmark::readToPlainMemory)),
        Workload.of("converting", "bert-base", 0)
            .with(Workload.OURS, threads -> converting(ConvertingBenchmark::convert))
            .with("copy", threads -> converting(ConvertingBenchmark::copy))
            .with("copy-and-force", threads -> converting(ConvertingBenchmark::copyAndForce)));
  }

  @FunctionalInterface
  private interface Part<B> {
    Object of(B benchmark) throws Exception;
  }

  private static Contender loading(Part<LoadingBenchmark> part) throws IOException {
    var benchmark = new LoadingBenchmark();
    benchmark.open();
    return new Steps(() -> part.of(benchmark), benchmark::free, benchmark::close);
  }

  private static Contender converting(Part<ConvertingBenchmark> part) throws IOException {
    var benchmark = new ConvertingBenchmark();
    benchmark.write();
    return new Steps(() -> part.of(benchmark), benchmark::delete, benchmark::delete);
  }

  private record Steps(Step main, Step after, Step end) implements Contender {

    @Override
    public void run() {
      attempt(main);
    }

    @Override
    public float[] result() {
      return NO_RESULT;
    }

    @Override
    public void between() {
      attempt(after);
    }

    @Override
    public String description() {
      return "Java " + Runtime.version();
    }

    @Override
    public void close() {
      attempt(end);
    }

    private static void attempt(Step step) {
      try {
        step.run();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
