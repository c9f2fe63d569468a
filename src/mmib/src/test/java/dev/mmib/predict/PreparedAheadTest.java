package dev.mmib.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Device;
import dev.mmib.data.Span;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.ImageConfig;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Posts that are prepared by another thread while others are computed. */
class PreparedAheadTest {

  private static final int BATCH = 16;

  @TempDir static Path models;
  private static Path ner;
  private static Path re;
  private static Path broken;

  @BeforeAll
  static void saveModels() throws IOException {
    ner = TinyModels.save(models.resolve("ner"), Task.NER, 3);
    re = TinyModels.save(models.resolve("re"), Task.RE, 4);
    broken = Files.write(models.resolve("broken.jpg"), new byte[] {1, 2, 3});
  }

  /** More than four batches, the last one not full; in the third a post that cannot be read. */
  private static List<Post> many() {
    var posts = new ArrayList<>(TinyModels.posts(4 * BATCH + 7));
    posts.set(2 * BATCH + 3, Post.of("kevin enters", broken).withId("broken"));
    posts.set(BATCH, Post.of(" ").withId("empty"));
    return posts;
  }

  private static List<Post> withPairs(List<Post> posts) {
    var asking = new ArrayList<Post>();
    for (var post : posts) {
      var text = Objects.requireNonNull(post.text());
      int first = text.strip().isEmpty() ? 1 : text.indexOf(' ');
      asking.add(post.withPair(new Span(0, first), new Span(text.length() - 1, text.length())));
    }
    return asking;
  }

  /** Outcomes as they print: scores with all their digits, errors with code, place and cure. */
  private static List<String> told(List<Outcome> outcomes) {
    return outcomes.stream().map(o -> o.extraction() + " " + o.error()).toList();
  }

  private static List<Outcome> oneBatchAfterTheOther(Extractor extractor, List<Post> posts) {
    var outcomes = new ArrayList<Outcome>();
    for (int from = 0; from < posts.size(); from += BATCH) {
      int to = Math.min(posts.size(), from + BATCH);
      outcomes.addAll(extractor.attempt(posts.subList(from, to)));
    }
    return outcomes;
  }

  private static void requireTheSame(Extractor extractor, List<Post> posts) {
    var serial = told(oneBatchAfterTheOther(extractor, posts));
    assertEquals(1, serial.stream().filter(o -> o.contains("broken.jpg")).count(), "" + serial);
    assertEquals(serial, told(extractor.attempt(posts)));
    assertEquals(serial, told(extractor.attemptAll(posts.stream()).toList()));
    assertEquals(0, preparing());
  }

  private static long preparing() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("mmib-posts"))
        .count();
  }

  @Test
  void changesNoBitOfEntities() {
    try (var extractor = Extractor.load(ner, Device.of("java").withThreads(1))) {
      requireTheSame(extractor, many());
    }
  }

  @Test
  void changesNoBitOfRelations() {
    try (var extractor = Extractor.load(re, Device.of("java").withThreads(2))) {
      requireTheSame(extractor, withPairs(many()));
    }
  }

  @Test
  void changesNoBitOfBothTogether() {
    try (var extractor = Extractor.load(ner, re, Device.of("java"))) {
      requireTheSame(extractor, many());
    }
  }

  @Test
  void picturesMadeForOtherSizesAreNotShared(@TempDir Path folder) {
    var larger =
        TinyModels.save(folder, Task.RE, 4, c -> c.image = new ImageConfig("tiny", false, 48, 48));
    try (var both = Extractor.load(ner, larger, Device.of("java"));
        var alone = Extractor.load(larger, Device.of("java"))) {
      int pairs = 0;
      for (var post : TinyModels.posts(6)) {
        for (var relation : both.extract(post).relations()) {
          var asked = alone.extract(post.withPair(relation.head(), relation.tail()));
          assertEquals(asked.relations().get(0).score(), relation.score(), 1e-5);
          pairs++;
        }
      }
      assertTrue(pairs > 3, pairs + " pairs");
    }
  }

  @Test
  void leavesNoThreadBehindWhenAPostIsThrown() {
    try (var extractor = Extractor.load(ner, Device.of("java"))) {
      var e = assertThrows(MmibException.class, () -> extractor.extract(many()));
      assertTrue(String.valueOf(e.getMessage()).contains("broken.jpg"), e.getMessage());
      assertEquals(0, preparing());
    }
  }

  @Test
  void leavesNoThreadBehindWhenItIsInterrupted() {
    try (var extractor = Extractor.load(ner, Device.of("java"))) {
      Thread.currentThread().interrupt();
      var e = assertThrows(MmibException.class, () -> extractor.attempt(TinyModels.posts(40)));
      assertEquals(ErrorCode.CANCELLED, e.code());
      assertTrue(Thread.interrupted(), "the interrupt was swallowed");
      assertEquals(0, preparing());
      assertEquals(40, extractor.attempt(TinyModels.posts(40)).size());
    }
  }

  @Test
  void leavesNoThreadBehindWhenAStreamIsLeft() {
    try (var extractor = Extractor.load(ner, Device.of("java"))) {
      assertEquals(
          "post-0", extractor.extractAll(TinyModels.posts(70).stream()).findFirst().get().id());
      assertEquals(0, preparing());
    }
  }
}
