package dev.mmib.cpu;

import dev.mmib.backend.Workers;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/**
 * oneDNN as one backend uses it: an engine, a number of threads, and the plans made so far.
 *
 * <p>Making a primitive compiles machine code, so plans are kept by their sizes; the one that was
 * not used for longest goes when there are too many.
 */
final class OneDnn implements AutoCloseable {

  private static final int MOST_PLANS = 256;

  static {
    OpenMp.spinBriefly(); // before the first call of oneDNN loads OpenMP
  }

  /**
   * Multiplications from which several threads pay. Below, they would wait for each other longer
   * than they compute: about 10 µs for all of it on one core.
   */
  private static final double WORTH_THREADS = 1 << 20;

  private final engine engine = new engine(org.bytedeco.dnnl.engine.kind.cpu, 0);
  private final Workers workers;
  private final OffHeapMemory memory;
  private final @Nullable OpenMp all;
  private final @Nullable OpenMp one;
  private final Map<Record, Plan> plans = new LinkedHashMap<>(16, 0.75f, true);

  OneDnn(Workers workers, OffHeapMemory memory) {
    this.workers = workers;
    this.memory = memory;
    this.all = OpenMp.of(workers.threads());
    this.one = OpenMp.of(1);
    // The plans are the cache: oneDNN's own would keep what was thrown out here.
    dnnl.dnnl_set_primitive_cache_capacity(0);
  }

  static String version() {
    dnnl_version_t version = dnnl.dnnl_version();
    return version.major() + "." + version.minor() + "." + version.patch();
  }

  /** The widest instructions that oneDNN uses here, such as {@code avx512_core_bf16}. */
  static String instructions() {
    return dnnl.get_effective_cpu_isa().toString();
  }

  /** Whether oneDNN uses such instructions here; their numbers are masks. */
  static boolean has(dnnl.cpu_isa instructions) {
    int here = dnnl.get_effective_cpu_isa().value;
    return (here & instructions.value) == instructions.value;
  }

  engine engine() {
    return engine;
  }

  OffHeapMemory memory() {
    return memory;
  }

  int threads() {
    return workers.threads();
  }

  /** Whether the number of threads is ours to set, or that of OMP_NUM_THREADS. */
  boolean setsThreads() {
    return all != null;
  }

  private static void apply(@Nullable OpenMp number) {
    if (number != null) {
      number.apply();
    }
  }

  /**
   * Runs tasks that do not touch each other on all threads, with oneDNN on one thread in each.
   *
   * <p>OpenMP's own threads spin for milliseconds after each call, on cores that Java's loops need
   * next; ours a few microseconds. Signals wait: see {@link HeldSignals}.
   */
  void forEach(int n, IntConsumer task) {
    forEachInLanes(n, (lane, i) -> task.accept(i));
  }

  /** Does a task in a lane: no two tasks of a call are in one lane at a time. */
  @FunctionalInterface
  interface LaneTask {
    void run(int lane, int task);
  }

  /** How many lanes there are for {@code tasks} tasks. */
  int lanes(int tasks) {
    return Math.min(threads(), tasks);
  }

  /** The same as {@link #forEach} for tasks that need something of their own while they run. */
  void forEachInLanes(int tasks, LaneTask task) {
    var next = new AtomicInteger();
    workers.forEach(
        lanes(tasks),
        1,
        (from, to) -> {
          HeldSignals signals = HeldSignals.hold();
          try {
            apply(one);
            for (int lane = from; lane < to; lane++) {
              int n;
              while ((n = next.getAndIncrement()) < tasks) {
                task.run(lane, n);
              }
            }
          } finally {
            signals.release();
          }
        });
  }

  /**
   * Lets oneDNN divide the work of {@code task} among its own threads.
   *
   * @param work multiplications of it, roughly
   */
  void together(double work, Runnable task) {
    HeldSignals signals = HeldSignals.hold();
    try {
      apply(threadsFor(work));
      task.run();
    } finally {
      signals.release();
    }
  }

  private @Nullable OpenMp threadsFor(double work) {
    return work < WORTH_THREADS ? one : all;
  }

  /** A plan that is run by one thread. */
  Plan serialPlan(Record key, Consumer<Plan.Builder> compose) {
    return plan(key, 0, compose);
  }

  /**
   * The plan of {@code key}, composed when it is first asked for.
   *
   * @param work multiplications that it needs, roughly
   */
  Plan plan(Record key, double work, Consumer<Plan.Builder> compose) {
    Plan known = plans.get(key);
    if (known != null) {
      return known;
    }
    apply(threadsFor(work));
    var builder = new Plan.Builder(this, work);
    try {
      compose.accept(builder);
    } catch (RuntimeException e) { // the only type that JavaCPP makes of a C++ exception
      builder.abandon();
      throw refusal(key, e);
    }
    Plan made = builder.build();
    plans.put(key, made);
    if (plans.size() > MOST_PLANS + 8 * threads()) {
      var eldest = plans.values().iterator();
      eldest.next().close();
      eldest.remove();
    }
    return made;
  }

  /** What a native exception becomes where {@code what} was composed. */
  static MmibException refusal(Object what, RuntimeException e) {
    return MmibException.of(
            ErrorCode.DEVICE,
            "oneDNN cannot compute " + what + ": " + e.getMessage(),
            "Use the device java or nd4j, and report this with the sizes.")
        .causedBy(e);
  }

  int plans() {
    return plans.size();
  }

  @Override
  public void close() {
    plans.values().forEach(Plan::close);
    plans.clear();
    engine.close();
    for (OpenMp number : new @Nullable OpenMp[] {all, one}) {
      if (number != null) {
        number.close();
      }
    }
  }
}
