package dev.mmib.demo;

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
   * @param shows what the picture shows: a label, or a pattern
   * @param relevant whether the picture shows the label
   * @param textTells whether the words alone give the label away
   */
  public record Truth(
      String imageId, String label, String shows, boolean relevant, boolean textTells) {}

  /**
   * How much to make, and how hard.
   *
   * @param seed the same seed makes the same files
   * @param irrelevantShare of pictures that say nothing and can be seen to, in hundredths
   * @param clearShare of posts whose words give the label away, in hundredths
   * @param strayShare of pictures, taken from all, that are replaced by another one which has
   *     nothing to do with the words and cannot be told from one that has, in hundredths
   */
  public record Options(
      long seed,
      int train,
      int dev,
      int test,
      double irrelevantShare,
      double clearShare,
      double strayShare) {

    public Options {
      if (train < 1 || dev < 1 || test < 1) {
        throw new IllegalArgumentException(
            "DemoData: sizes " + train + ", " + dev + ", " + test + " vs at least 1");
      }
      requireShare("irrelevantShare", irrelevantShare);
      requireShare("clearShare", clearShare);
      requireShare("strayShare", strayShare);
    }

    /** Without stray pictures. */
    public Options(
        long seed, int train, int dev, int test, double irrelevantShare, double clearShare) {
      this(seed, train, dev, test, irrelevantShare, clearShare, 0);
    }

    private static void requireShare(String name, double value) {
      if (!(value >= 0 && value < 1)) {
        throw new IllegalArgumentException("DemoData: " + name + " " + value + " vs 0 to below 1");
      }
    }

    /** The same words, with other pictures in the place of some. */
    public Options withStrayShare(double share) {
      return new Options(seed, train, dev, test, irrelevantShare, clearShare, share);
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

  /**
   * The data set of one task.
   *
   * @param attainable the best possible score on its test split
   * @param test what lies behind each test post, in the order of the file
   */
  public record Part(Path directory, Attainable attainable, List<Truth> test) {

    public Part {
      test = List.copyOf(test);
    }
  }

  /** Makes both data sets under {@code dir/ner} and {@code dir/re}. */
  public static DemoData generate(Path dir, Options options) {
    Part ner = entities(dir.resolve("ner"), options);
    Part re = relations(dir.resolve("re"), options);
    return new DemoData(
        ner.directory(), re.directory(), ner.attainable(), re.attainable(), ner.test(), re.test());
  }

  /** Makes posts about entities: train.txt, valid.txt, test.txt, images, crops. */
  public static Part entities(Path directory, Options options) {
    var posts = new EntityPosts(options, new Random(options.seed()));
    var files = new EntityFiles(directory, options.seed());
    files.write("train", posts.make("train", options.train()));
    files.write("valid", posts.make("valid", options.dev()));
    List<EntityPost> test = posts.make("test", options.test());
    files.write("test", test);
    return new Part(
        directory,
        Attainable.of(test.stream().flatMap(post -> post.posteriors().stream()).toList()),
        test.stream().map(EntityPost::truth).toList());
  }

  /** Makes posts about relations: train.txt, val.txt, test.txt, rel2id.json, images, crops. */
  public static Part relations(Path directory, Options options) {
    var posts = new PairPosts(options, new Random(options.seed() + 1));
    var files = new PairFiles(directory, options.seed());
    files.write("train", posts.make("train", options.train()));
    files.write("val", posts.make("val", options.dev()));
    List<PairPost> test = posts.make("test", options.test());
    files.write("test", test);
    files.writeTables();
    return new Part(
        directory,
        Attainable.of(test.stream().map(PairPost::posterior).toList()),
        test.stream().map(PairPost::truth).toList());
  }
}
