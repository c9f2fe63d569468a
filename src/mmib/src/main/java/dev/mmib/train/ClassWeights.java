package dev.mmib.train;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Nearest;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much classes count in the loss: entity types and O, or relations.
 *
 * <pre>
 *   none              all alike
 *   balanced          v[c] = n / (k · count[c]): n words or rows, k classes that occur
 *   PER:2,LOC:0.5     v of these classes, 1 of the others
 *
 *   w[row] = mean of v over the classes of the row  /  mean of the same over all training rows
 * </pre>
 *
 * <p>{@code balanced} is scikit-learn's {@code compute_class_weight} (after King and Zeng 2001). A
 * relation's row has one class, so the weighted loss of the training set is torch's weighted
 * cross-entropy Σ v[y]·l / Σ v[y]. A sentence has the class of each of its words: a conditional
 * random field gives one probability to all of them together, which cannot be divided among words
 * and stay a likelihood, but can be raised to a power, and w is that power.
 *
 * <p>torch divides by the weights of one batch; here it is by those of all training rows. So a row
 * counts the same whatever is beside it, the weights do not cancel in a batch of one, batches that
 * are accumulated equal a large one, and ones change no bit.
 *
 * @param balanced whether {@code given} is to be computed from counts
 */
record ClassWeights(boolean balanced, SortedMap<String, Double> given) {

  private static final Logger LOG = LoggerFactory.getLogger(ClassWeights.class);

  private static final double LARGEST = 1e6;
  private static final String CURE = "Write none, balanced, or for example PER:2,LOC:0.5.";

  /** All classes alike. */
  static final ClassWeights NONE = new ClassWeights(false, new TreeMap<>());

  /** Reads the setting; which classes there are is not known yet. */
  static ClassWeights parse(String setting) {
    if (setting.equals("none") || setting.equals("balanced")) {
      return setting.equals("none") ? NONE : new ClassWeights(true, new TreeMap<>());
    }
    var given = new TreeMap<String, Double>();
    for (var part : setting.split(",", -1)) {
      int colon = part.lastIndexOf(':');
      var name = part.substring(0, Math.max(0, colon)).strip();
      double weight = weight(part.substring(colon + 1).strip());
      if (name.isEmpty() || !(weight >= 0 && weight <= LARGEST)) {
        throw refuse(MmibException.quote(part) + " is not a class, a colon and 0 to 1000000");
      }
      if (given.put(name, weight) != null) {
        throw refuse(MmibException.quote(name) + " is given twice");
      }
    }
    return new ClassWeights(false, given);
  }

  private static double weight(String text) {
    return text.matches("\\d{1,9}(\\.\\d{0,9})?") ? Double.parseDouble(text) : -1;
  }

  private static MmibException refuse(String what) {
    return MmibException.of(ErrorCode.USAGE, "classWeights: " + what, CURE);
  }

  /**
   * What each row's loss is multiplied by, 1 on average; null where all count alike.
   *
   * @param rows the classes of each
   * @param known all classes of the model
   */
  float @Nullable [] ofRows(List<List<String>> rows, Collection<String> known) {
    if (!balanced && given.isEmpty()) {
      return null;
    }
    requireKnown(known);
    var weights = balanced ? balance(rows) : given;
    LOG.info("class weights: {}", weights);
    var ofRows = new double[rows.size()];
    for (int row = 0; row < ofRows.length; row++) {
      ofRows[row] =
          rows.get(row).stream().mapToDouble(c -> weights.getOrDefault(c, 1.0)).average().orElse(1);
    }
    double mean = Arrays.stream(ofRows).average().orElse(1);
    if (!(mean > 0)) {
      throw refuse("no training row is left that counts");
    }
    var normalized = new float[ofRows.length];
    for (int row = 0; row < normalized.length; row++) {
      normalized[row] = (float) (ofRows[row] / mean);
    }
    return normalized;
  }

  private void requireKnown(Collection<String> known) {
    for (var name : given.keySet()) {
      if (!known.contains(name)) {
        throw MmibException.of(
            ErrorCode.USAGE,
            "classWeights: the data has no class " + MmibException.quote(name),
            Nearest.hint(name, known));
      }
    }
  }

  private static Map<String, Double> balance(List<List<String>> rows) {
    var counts = new TreeMap<String, Integer>();
    rows.forEach(row -> row.forEach(name -> counts.merge(name, 1, Integer::sum)));
    double all = counts.values().stream().mapToInt(Integer::intValue).sum();
    var weights = new TreeMap<String, Double>();
    counts.forEach((name, count) -> weights.put(name, all / (counts.size() * (double) count)));
    return weights;
  }

  /** The weights of a batch's rows. */
  static float @Nullable [] of(float @Nullable [] weights, int[] rows) {
    if (weights == null) {
      return null;
    }
    var some = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      some[i] = weights[rows[i]];
    }
    return some;
  }
}
