package dev.mmib.demo;

import dev.mmib.demo.Attainable.Posterior;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * Made posts with pictures, on disk in the formats of the real data sets.
 *
 * <p>Entities: most names ("Jordan", "Lincoln Park") can be a person, a place, an organization or a
 * thing, and most sentences fit them all; the picture shows which. Relations: what connects two
 * people is likewise left open by most sentences and shown by the picture. A part of the names and
 * sentences is clear without a picture, and a part of the pictures shows nothing to the purpose, so
 * a reader has to weigh both.
 *
 * @param nerDir train.txt, valid.txt, test.txt, images, crops
 * @param reDir train.txt, val.txt, test.txt, rel2id.json, images, crops
 * @param ner the best possible score on the test split of entities
 * @param re the best possible score on the test split of relations
 * @param nerTest what lies behind each test post, in the order of the file
 * @param reTest likewise for relations
 */
public record DemoData(
    Path nerDir,
    Path reDir,
    Attainable ner,
    Attainable re,
    List<Truth> nerTest,
    List<Truth> reTest) {

  /**
   * What lies behind a post.
   *
   * @param imageId the picture's id as the file has it
   * @param label the type or relation that the post is about
   * @param shows what the picture shows: that label, or a pattern
   * @param relevant whether the picture shows the label
   * @param textTells whether the words alone give the label away
   */
  public record Truth(
      String imageId, String label, String shows, boolean relevant, boolean textTells) {}

  /**
   * How much to make, and how hard.
   *
   * @param seed the same seed makes the same files
   * @param irrelevantShare of pictures that say nothing, in hundredths
   * @param clearShare of posts whose words give the label away, in hundredths
   */
  public record Options(
      long seed, int train, int dev, int test, double irrelevantShare, double clearShare) {

    public Options {
      if (train < 1 || dev < 1 || test < 1) {
        throw new IllegalArgumentException(
            "DemoData: sizes " + train + ", " + dev + ", " + test + " vs at least 1");
      }
      if (!(irrelevantShare >= 0 && irrelevantShare < 1 && clearShare >= 0 && clearShare < 1)) {
        throw new IllegalArgumentException(
            "DemoData: shares " + irrelevantShare + ", " + clearShare + " vs 0 to below 1");
      }
    }

    /** Small enough to train four models on within three minutes. */
    public static Options quick(long seed) {
      return new Options(seed, 1500, 120, 300, 0.1, 0.18);
    }

    public static Options full(long seed) {
      return new Options(seed, 4000, 400, 1000, 0.1, 0.18);
    }
  }

  public DemoData {
    nerTest = List.copyOf(nerTest);
    reTest = List.copyOf(reTest);
  }

  /** Makes both data sets under {@code dir/ner} and {@code dir/re}. */
  public static DemoData generate(Path dir, Options options) {
    Path nerDir = dir.resolve("ner");
    Path reDir = dir.resolve("re");
    var entities = new EntityPosts(options, new Random(options.seed()));
    var files = new EntityFiles(nerDir, options.seed());
    files.write("train", entities.make("train", options.train()));
    files.write("valid", entities.make("valid", options.dev()));
    List<EntityPost> nerTest = entities.make("test", options.test());
    files.write("test", nerTest);

    var pairs = new PairPosts(options, new Random(options.seed() + 1));
    var pairFiles = new PairFiles(reDir, options.seed());
    pairFiles.write("train", pairs.make("train", options.train()));
    pairFiles.write("val", pairs.make("val", options.dev()));
    List<PairPost> reTest = pairs.make("test", options.test());
    pairFiles.write("test", reTest);
    pairFiles.writeTables();

    return new DemoData(
        nerDir,
        reDir,
        Attainable.of(nerTest.stream().flatMap(post -> post.posteriors().stream()).toList()),
        Attainable.of(reTest.stream().map(PairPost::posterior).toList()),
        nerTest.stream().map(EntityPost::truth).toList(),
        reTest.stream().map(PairPost::truth).toList());
  }

  /** The probabilities once the picture is seen: certain if it is relevant, else the text's. */
  static Posterior posterior(double[] fromText, int label, boolean relevant, int none) {
    return new Posterior(
        fromText, relevant ? Posterior.certain(label, fromText.length) : fromText, none);
  }
}
