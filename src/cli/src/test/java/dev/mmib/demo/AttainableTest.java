package dev.mmib.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.demo.Attainable.Posterior;
import dev.mmib.score.EntityScore;
import dev.mmib.score.RelationScore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The computed scores against a simulated best classifier, which only sees what a model sees: it
 * counts labels per words in one large sample and predicts on another.
 */
class AttainableTest {

  private static final int MANY = 20_000;
  private static final DemoData.Options OPTIONS = new DemoData.Options(5, MANY, 1, MANY, 0.1, 0.15);

  /** Three standard deviations of a share near 0.6 in a sample of this size. */
  private static final double NOISE = 3 * Math.sqrt(0.25 / MANY);

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.25, 0.5, 0.75})
  void entityScoresAreThoseOfTheBestClassifier(double strayShare) {
    var source = new EntityPosts(OPTIONS.withStrayShare(strayShare), new Random(11));
    List<EntityPost> seen = source.make("train", MANY);
    List<EntityPost> unseen = source.make("test", MANY);
    Attainable expected =
        Attainable.of(unseen.stream().flatMap(p -> p.posteriors().stream()).toList());
    assertEquals(expected.textOnlyF1(), simulateEntities(seen, unseen, false), NOISE + 0.004);
    assertEquals(expected.f1(), simulateEntities(seen, unseen, true), NOISE + 0.004);
    assertTrue(expected.f1() > expected.textOnlyF1() + (strayShare == 0 ? 0.25 : 0));
  }

  /** Labels of a sentence by majority among the training sentences with the same key. */
  private static double simulateEntities(
      List<EntityPost> seen, List<EntityPost> unseen, boolean withPicture) {
    Map<String, Map<String, Integer>> counts = new HashMap<>();
    for (EntityPost post : seen) {
      for (Entity entity : entities(post, withPicture)) {
        counts
            .computeIfAbsent(entity.key, k -> new HashMap<>())
            .merge(entity.type, 1, Integer::sum);
      }
    }
    var gold = new ArrayList<List<String>>();
    var predicted = new ArrayList<List<String>>();
    for (EntityPost post : unseen) {
      var labels = new ArrayList<>(post.labels());
      for (Entity entity : entities(post, withPicture)) {
        String best = mostFrequent(counts.getOrDefault(entity.key, Map.of("PER", 1)));
        for (int i = entity.start; i < entity.end; i++) {
          labels.set(i, (i == entity.start ? "B-" : "I-") + best);
        }
      }
      gold.add(post.labels());
      predicted.add(labels);
    }
    return EntityScore.of(gold, predicted, EntityScore.Mode.STRICT).micro().f1();
  }

  /**
   * What a classifier can condition on: the name, the words around it where they are such as tell,
   * what the picture shows. All sentences that tell nothing count together: fewer kinds, more of
   * each.
   */
  private record Entity(String key, String type, int start, int end) {}

  private static List<Entity> entities(EntityPost post, boolean withPicture) {
    var out = new ArrayList<Entity>();
    for (int start = 0; start < post.labels().size(); start++) {
      if (post.labels().get(start).startsWith("B-")) {
        int end = start + 1;
        while (end < post.labels().size() && post.labels().get(end).startsWith("I-")) {
          end++;
        }
        String around =
            !post.textTells()
                ? ""
                : (start > 0 ? word(post.tokens().get(start - 1)) : "^")
                    + " _ "
                    + (end < post.tokens().size() ? word(post.tokens().get(end)) : "$");
        String picture = withPicture ? Integer.toString(post.shown()) : "";
        out.add(
            new Entity(
                post.tokens().subList(start, end) + " " + around + " " + picture,
                post.labels().get(start).substring(2),
                start,
                end));
      }
    }
    return out;
  }

  private static String word(String token) {
    return token.startsWith("@") || token.startsWith("#") || token.startsWith("http")
        ? token.substring(0, 1)
        : token;
  }

  private static <K> K mostFrequent(Map<K, Integer> counts) {
    return counts.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.25, 0.5, 0.75})
  void relationScoresAreThoseOfTheBestClassifier(double strayShare) {
    var source = new PairPosts(OPTIONS.withStrayShare(strayShare), new Random(12));
    List<PairPost> seen = source.make("train", MANY);
    List<PairPost> unseen = source.make("test", MANY);
    Attainable expected = Attainable.of(unseen.stream().map(PairPost::posterior).toList());
    assertEquals(expected.textOnlyF1(), simulatePairs(seen, unseen, false), NOISE + 0.004);
    assertEquals(expected.f1(), simulatePairs(seen, unseen, true), NOISE + 0.004);
    assertTrue(expected.f1() > expected.textOnlyF1() + (strayShare == 0 ? 0.25 : 0));
  }

  /** Keeping quiet may pay: how sure one has to be is found by trying, on the posts seen. */
  private static double simulatePairs(
      List<PairPost> seen, List<PairPost> unseen, boolean withPicture) {
    Map<String, Map<Integer, Integer>> counts = new HashMap<>();
    for (PairPost post : seen) {
      counts
          .computeIfAbsent(key(post, withPicture), k -> new HashMap<>())
          .merge(post.relation(), 1, Integer::sum);
    }
    double best = 0;
    double threshold = 0;
    for (double t = 0.2; t <= 0.5; t += 0.02) {
      double f1 = score(counts, seen, withPicture, t);
      threshold = f1 > best ? t : threshold;
      best = Math.max(best, f1);
    }
    return score(counts, unseen, withPicture, threshold);
  }

  /** Names the most frequent relation if at least {@code threshold} of the cases have it. */
  private static double score(
      Map<String, Map<Integer, Integer>> counts,
      List<PairPost> posts,
      boolean withPicture,
      double threshold) {
    int[] gold = posts.stream().mapToInt(PairPost::relation).toArray();
    int[] predicted = new int[gold.length];
    for (int i = 0; i < gold.length; i++) {
      var all = new HashMap<>(counts.getOrDefault(key(posts.get(i), withPicture), Map.of()));
      double sum = all.values().stream().mapToInt(n -> n).sum();
      all.remove(0);
      if (!all.isEmpty() && all.getOrDefault(mostFrequent(all), 0) >= threshold * sum) {
        predicted[i] = mostFrequent(all);
      }
    }
    return RelationScore.of(gold, predicted, PairWords.RELATIONS, 0).micro().f1();
  }

  /** The words without the names, and what the picture shows. */
  private static String key(PairPost post, boolean withPicture) {
    var words = new StringBuilder();
    for (int i = 0; i < post.tokens().size(); i++) {
      boolean name = inside(i, post.head()) || inside(i, post.tail());
      words.append(name ? "_" : word(post.tokens().get(i))).append(' ');
    }
    return words + (withPicture ? Integer.toString(post.shown()) : "");
  }

  private static boolean inside(int i, dev.mmib.data.Span span) {
    return i >= span.start() && i < span.end();
  }

  /** Every set of predictions is tried: none scores more than the computed choice. */
  @Test
  void noOtherChoiceOfPredictionsScoresMore() {
    var random = new Random(4);
    for (int round = 0; round < 200; round++) {
      int n = 1 + random.nextInt(8);
      var posteriors = new ArrayList<Posterior>();
      for (int i = 0; i < n; i++) {
        double[] p = {random.nextDouble(), random.nextDouble(), random.nextDouble()};
        double sum = Arrays.stream(p).sum();
        double[] normalized = Arrays.stream(p).map(x -> x / sum).toArray();
        posteriors.add(new Posterior(normalized, normalized, 0));
      }
      double best = 0;
      for (int choice = 1; choice < 1 << n; choice++) {
        double correct = 0;
        double gold = 0;
        for (int i = 0; i < n; i++) {
          double[] p = posteriors.get(i).fromText();
          correct += (choice >> i & 1) * Math.max(p[1], p[2]);
          gold += p[1] + p[2];
        }
        best = Math.max(best, 2 * correct / (Integer.bitCount(choice) + gold));
      }
      assertEquals(best, Attainable.of(posteriors).f1(), 1e-12);
    }
  }

  /**
   * Bayes' rule by counting: of very many pictures of posts with a known prior, how often each
   * label stands behind what is shown.
   */
  @Test
  void whatAStrayPictureTellsIsWhatCountingTells() {
    int n = 400_000;
    double[] prior = {0.5, 0.3, 0.2, 0};
    var random = new Random(21);
    var stray = new Stray(OPTIONS.withStrayShare(0.4), prior.length);
    double[][] counts = new double[prior.length + 1][prior.length];
    for (int i = 0; i < n; i++) {
      double u = random.nextDouble();
      int label = u < 0.5 ? 0 : u < 0.8 ? 1 : 2;
      counts[1 + stray.shown(label, random.nextDouble() < 0.1)][label]++;
    }
    for (int shown = Stray.PATTERN; shown < prior.length; shown++) {
      double[] row = counts[1 + shown];
      double all = Arrays.stream(row).sum();
      double[] expected = stray.posterior(prior, shown);
      for (int label = 0; label < prior.length; label++) {
        assertEquals(expected[label], row[label] / all, 4 * Math.sqrt(0.25 / all));
      }
    }
    // By hand: 0.6 · 0.9 + 0.4/4 = 0.64 for the label shown, 0.1 for another one.
    double[] second = stray.posterior(prior, 1);
    assertEquals(0.3 * 0.64 / (0.3 * 0.64 + 0.5 * 0.1 + 0.2 * 0.1), second[1], 1e-12);
  }

  /** The data are made so that nothing is gained by keeping quiet: see Attainable. */
  @Test
  void theMostProbableLabelIsAlsoTheBestForF1() {
    List<Posterior> all =
        new PairPosts(OPTIONS, new Random(1))
            .make("x", 5000).stream().map(PairPost::posterior).toList();
    double correct = 0;
    double predicted = 0;
    double gold = 0;
    for (Posterior posterior : all) {
      double[] p = posterior.fromText();
      int best = 0;
      for (int k = 1; k < p.length; k++) {
        best = p[k] > p[best] ? k : best;
        gold += p[k];
      }
      correct += best == 0 ? 0 : p[best];
      predicted += best == 0 ? 0 : 1;
    }
    assertEquals(2 * correct / (predicted + gold), Attainable.of(all).textOnlyF1(), 1e-9);
  }
}
