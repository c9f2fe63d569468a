package dev.mmib.jmh;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The same work for several engines, which are compared by their times.
 *
 * @param group what is run together, such as {@code bert-forward}
 * @param name within the group, such as {@code 8x128}
 * @param operations multiplications and additions of one run; 0 where they say nothing
 * @param threads that every contender uses; 0 for the number that is asked for
 * @param tolerance how much results may differ from the first contender's, relative to the largest
 *     of its numbers
 * @param contenders by name; the first is ours
 */
public record Workload(
    String group,
    String name,
    double operations,
    int threads,
    double tolerance,
    Map<String, Maker> contenders) {

  /** Makes a contender; its natives are loaded then and not before. */
  @FunctionalInterface
  public interface Maker {
    Contender open(int threads) throws Exception;
  }

  /** What the library itself is called among contenders. */
  public static final String OURS = "mmib";

  private static final double USUAL_TOLERANCE = 1e-3;

  public Workload {
    contenders = Collections.unmodifiableMap(new LinkedHashMap<>(contenders));
  }

  /** A workload without contenders yet. */
  public static Workload of(String group, String name, double operations) {
    return new Workload(group, name, operations, 0, USUAL_TOLERANCE, Map.of());
  }

  /** The same with one contender more. */
  public Workload with(String contender, Maker maker) {
    var all = new LinkedHashMap<>(contenders);
    all.put(contender, maker);
    return new Workload(group, name, operations, threads, tolerance, all);
  }

  /** The same on a number of threads of its own. */
  public Workload onThreads(int number) {
    return new Workload(group, name, operations, number, tolerance, contenders);
  }

  /** The same where results may differ by so much. */
  public Workload within(double difference) {
    return new Workload(group, name, operations, threads, difference, contenders);
  }

  /** How it is asked for: {@code bert-forward/8x128}. */
  public String path() {
    return group + "/" + name;
  }

  /** Makes the contender of that name ready. */
  public Contender open(String contender, int asked) throws Exception {
    var maker = contenders.get(contender);
    if (maker == null) {
      throw new IllegalArgumentException(
          path() + ": no contender '" + contender + "' among " + contenders.keySet());
    }
    return maker.open(threads > 0 ? threads : asked);
  }
}
