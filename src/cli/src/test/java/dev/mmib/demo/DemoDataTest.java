package dev.mmib.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.data.DataDirectory;
import dev.mmib.data.NerExample;
import dev.mmib.data.PictureFiles;
import dev.mmib.data.ReadOptions;
import dev.mmib.data.RelationExample;
import dev.mmib.data.Split;
import dev.mmib.image.ImageDecoder;
import dev.mmib.image.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoDataTest {

  private static final DemoData.Options SMALL = new DemoData.Options(7, 60, 10, 30, 0.1, 0.15);

  private static final String BEFORE =
      "cfece048f473d1edbacfbba1854cc60d82befd2c766920657b6ac3c29df076f5";

  @TempDir Path directory;

  @Test
  void theSameSeedMakesTheSameFiles() throws IOException {
    DemoData one = DemoData.generate(directory.resolve("one"), SMALL);
    DemoData two = DemoData.generate(directory.resolve("two"), SMALL);
    var other = new DemoData.Options(8, 60, 10, 30, 0.1, 0.15);
    DemoData.generate(directory.resolve("other"), other);
    Map<String, byte[]> first = files(directory.resolve("one"));
    Map<String, byte[]> second = files(directory.resolve("two"));
    assertEquals(first.keySet(), second.keySet());
    first.forEach((name, bytes) -> assertArrayEquals(bytes, second.get(name), name));
    assertEquals(one.nerTest(), two.nerTest());
    assertEquals(one.re(), two.re());
    byte[] differently = files(directory.resolve("other")).get("ner/train.txt");
    assertNotEquals(new String(first.get("ner/train.txt")), new String(differently));
  }

  /** Digests of what was made before there were stray pictures. */
  @Test
  void withoutStrayPicturesTheDataAreWhatTheyWereBefore() throws Exception {
    DemoData data = DemoData.generate(directory, SMALL);
    Map<String, byte[]> files = files(directory);
    var texts = new StringBuilder();
    files.forEach((name, bytes) -> texts.append(name.endsWith("t") ? new String(bytes) : name));
    texts.append(data.nerTest()).append(data.reTest());
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(texts.toString().getBytes());
    assertEquals(BEFORE, HexFormat.of().formatHex(digest));
    assertEquals(new Attainable(0.953125, 0.59375), data.ner());
  }

  @Test
  void strayPicturesLeaveTheWordsAloneAndStrayAgainAtALargerShare() {
    List<EntityPost> none = new EntityPosts(SMALL, new Random(3)).make("x", 2000);
    List<EntityPost> half =
        new EntityPosts(SMALL.withStrayShare(0.5), new Random(3)).make("x", 2000);
    List<EntityPost> most =
        new EntityPosts(SMALL.withStrayShare(0.75), new Random(3)).make("x", 2000);
    for (int i = 0; i < 2000; i++) {
      assertEquals(none.get(i).tokens(), half.get(i).tokens());
      assertEquals(none.get(i).labels(), most.get(i).labels());
      if (half.get(i).shown() != none.get(i).shown()) {
        assertEquals(half.get(i).shown(), most.get(i).shown(), "strays alike");
      }
    }
  }

  /** Of K labels a stray picture shows the right one by chance with 1/K. */
  @Test
  void asManyPicturesStrayAsWereAskedFor() {
    int n = 5000;
    for (double share : new double[] {0, 0.25, 0.5, 0.75}) {
      var options = new DemoData.Options(9, 1, 1, 1, 0.1, 0.18, share);
      double wrong =
          new EntityPosts(options, new Random(1))
              .make("x", n).stream()
                  .filter(p -> p.shown() != Stray.PATTERN && p.shown() != p.type())
                  .count();
      double pattern =
          new PairPosts(options, new Random(2))
              .make("x", n).stream().filter(p -> p.shown() == Stray.PATTERN).count();
      assertNear(share * 3 / 4, wrong / n, n);
      assertNear((1 - share) * 0.1, pattern / n, n);
    }
  }

  /** Within four standard deviations of a binomial share. */
  private static void assertNear(double expected, double share, int n) {
    assertEquals(expected, share, 4 * Math.sqrt(expected * (1 - expected) / n));
  }

  private static Map<String, byte[]> files(Path root) throws IOException {
    var out = new TreeMap<String, byte[]>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        out.put(root.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
      }
    }
    return out;
  }

  @Test
  void theReadersOfTheRealSetsReadIt() {
    DemoData data = DemoData.generate(directory, SMALL);
    DataDirectory ner = DataDirectory.open(data.nerDir());
    List<NerExample> test = ner.ner(Split.TEST, ReadOptions.strict()).rows();
    assertEquals(60, ner.ner(Split.TRAIN, ReadOptions.strict()).rows().size());
    assertEquals(10, ner.ner(Split.DEV, ReadOptions.strict()).rows().size());
    assertEquals(data.nerTest().size(), test.size());
    for (int i = 0; i < test.size(); i++) {
      assertEquals(data.nerTest().get(i).imageId(), test.get(i).imageId());
      checkPictures(ner.pictures(test.get(i), Split.TEST, 4), 2, 2);
    }
    DataDirectory re = DataDirectory.open(data.reDir());
    List<RelationExample> pairs =
        re.relations(Split.TEST, ReadOptions.strict(), re.relationSet()).rows();
    assertEquals(60, re.relations(Split.TRAIN, ReadOptions.strict()).rows().size());
    assertEquals(10, re.relations(Split.DEV, ReadOptions.strict()).rows().size());
    assertEquals(0, re.relationSet().none());
    for (int i = 0; i < pairs.size(); i++) {
      assertEquals(data.reTest().get(i).imageId(), pairs.get(i).imageId());
      assertEquals(data.reTest().get(i).label(), pairs.get(i).relation());
      checkPictures(re.pictures(pairs.get(i), Split.TEST, 3), 2, 3);
    }
  }

  private static void checkPictures(PictureFiles pictures, int fewest, int most) {
    RgbImage whole = ImageDecoder.decode(pictures.whole().orElseThrow());
    assertTrue(whole.width() >= 64 && whole.width() <= 96, "" + whole.width());
    List<Path> crops = pictures.crops().stream().flatMap(java.util.Optional::stream).toList();
    assertTrue(crops.size() >= fewest && crops.size() <= most, "" + crops.size());
    crops.forEach(crop -> assertEquals(64, ImageDecoder.decode(crop).width()));
  }

  @Test
  void manyNamesAreAnythingByTheirWordsAlone() {
    for (var name : EntityWords.OPEN) {
      double sum = 0;
      double best = 0;
      for (double p : name.prior()) {
        sum += p;
        best = Math.max(best, p);
      }
      assertEquals(1, sum, 1e-12, name.text());
      assertEquals(0.5, best, name.text());
    }
    double[] byType = new double[4];
    for (var name : EntityWords.OPEN) {
      for (int t = 0; t < 4; t++) {
        byType[t] += name.prior()[t];
      }
    }
    for (double mass : byType) {
      assertEquals(EntityWords.OPEN.size() / 4.0, mass, 1.0, "no type is rare");
    }
  }

  @Test
  void picturesAreWorthALot() {
    var options = DemoData.Options.quick(1);
    List<EntityPost> posts = new EntityPosts(options, new Random(1)).make("test", options.test());
    List<PairPost> pairs = new PairPosts(options, new Random(2)).make("test", options.test());
    Attainable ner =
        Attainable.of(posts.stream().flatMap(post -> post.posteriors().stream()).toList());
    Attainable re = Attainable.of(pairs.stream().map(PairPost::posterior).toList());
    for (Attainable a : List.of(ner, re)) {
      assertTrue(a.f1() > 0.93 && a.f1() < 0.98, a.toString());
      assertTrue(a.textOnlyF1() > 0.54 && a.textOnlyF1() < 0.67, a.toString());
    }
    double relevant = posts.stream().filter(p -> p.shown() == p.type()).count();
    assertEquals(0.9, relevant / posts.size(), 0.05);
    double told = pairs.stream().filter(PairPost::textTells).count();
    assertEquals(0.18, told / pairs.size(), 0.05);
  }

  @Test
  void refusesImpossibleOptions() {
    assertThrows(IllegalArgumentException.class, () -> new DemoData.Options(1, 0, 1, 1, 0.1, 0.1));
    assertThrows(IllegalArgumentException.class, () -> new DemoData.Options(1, 1, 1, 1, 1, 0.1));
    assertThrows(IllegalArgumentException.class, () -> SMALL.withStrayShare(-0.1));
    assertThrows(
        IllegalArgumentException.class, () -> new DemoData.Options(1, 1, 1, 1, 0.1, Double.NaN));
  }
}
