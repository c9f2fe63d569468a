package dev.mmib.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Device;
import dev.mmib.data.Span;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entities, then the relations between them: two models in one extractor. */
class BothTasksTest {

  private static final Device JAVA = Device.of("java");

  @TempDir static Path models;
  private static Path ner;
  private static Path re;

  @BeforeAll
  static void saveModels() {
    ner = TinyModels.save(models.resolve("ner"), Task.NER, 3);
    re = TinyModels.save(models.resolve("re"), Task.RE, 4);
  }

  private static Span place(Entity entity) {
    return new Span(entity.start(), entity.end());
  }

  @Test
  void findWhatEachFindsAlone() {
    var posts = TinyModels.posts(14);
    posts.add(Post.of(" "));
    Stream.of("in", "kevin", "!").forEach(word -> posts.add(Post.of(word, TinyModels.picture(1))));
    try (var both = Extractor.load(re, ner, JAVA);
        var entities = Extractor.load(ner, JAVA);
        var relations = Extractor.load(re, JAVA)) {
      var found = both.extract(posts);
      assertEquals(
          entities.extract(posts).stream().map(Extraction::entities).toList(),
          found.stream().map(Extraction::entities).toList());
      var counts = new TreeSet<Integer>();
      for (int p = 0; p < posts.size(); p++) {
        var extraction = found.get(p);
        counts.add(extraction.entities().size());
        assertEquals(
            orderedPairs(extraction.entities()),
            extraction.relations().stream().map(r -> List.of(r.head(), r.tail())).toList());
        for (var relation : extraction.relations()) {
          var asked = posts.get(p).withPair(relation.head(), relation.tail());
          var alone = relations.extract(asked).relations().get(0);
          assertEquals(alone.type(), relation.type());
          assertEquals(alone.score(), relation.score(), 1e-5);
        }
      }
      assertTrue(counts.contains(0) && counts.contains(1) && counts.last() > 2, counts.toString());
    }
  }

  private static List<List<Span>> orderedPairs(List<Entity> entities) {
    var pairs = new ArrayList<List<Span>>();
    for (var head : entities) {
      for (var tail : entities) {
        if (head != tail) {
          pairs.add(List.of(place(head), place(tail)));
        }
      }
    }
    return pairs;
  }

  @Test
  void noneIsGivenLikeAnyOther() {
    try (var both = Extractor.load(ner, re, JAVA)) {
      var types = new TreeSet<String>();
      both.extract(TinyModels.posts(14))
          .forEach(found -> found.relations().forEach(relation -> types.add(relation.type())));
      assertTrue(types.size() > 1 && types.contains("None"), types.toString());
    }
  }

  @Test
  void aGivenPairIsTheOnlyOneAskedAbout() {
    try (var both = Extractor.load(ner, re, JAVA)) {
      var post = TinyModels.posts(14).get(6);
      var found = both.extract(post.withPair(new Span(0, 3), new Span(6, 9)));
      assertEquals(both.extract(post).entities(), found.entities());
      assertEquals(1, found.relations().size());
    }
  }

  @Test
  void ofAStreamOneBadPostIsToldInItsPlace() {
    try (var both = Extractor.load(ner, re, JAVA)) {
      var posts = TinyModels.posts(40);
      var bad = posts.get(0).withPair(new Span(900, 901), new Span(0, 1)).withId("bad");
      posts.add(17, bad);
      var outcomes = both.attemptAll(posts.stream()).toList();
      assertEquals(41, outcomes.size());
      for (int i = 0; i < outcomes.size(); i++) {
        var error = outcomes.get(i).error();
        if (i == 17) {
          assertEquals(ErrorCode.POST, Objects.requireNonNull(error).code());
        } else {
          assertEquals(posts.get(i).id(), outcomes.get(i).orElseThrow().id());
        }
      }
      var before = both.extractAll(posts.stream()).limit(16).map(Extraction::id).toList();
      assertEquals(posts.subList(0, 16).stream().map(Post::id).toList(), before);
      var all = both.extractAll(posts.stream());
      assertThrows(MmibException.class, all::toList);
    }
  }

  @Test
  void aPairThatDoesNotFitIsLeftOutWithAWarning() {
    // [CLS], [SEP] and four markers leave room for an entity of one word piece each.
    var narrow = TinyModels.save(models.resolve("narrow"), Task.RE, 4, c -> c.maxLength = 8);
    try (var both = Extractor.load(ner, narrow, JAVA)) {
      int lookedAt = 0;
      int leftOut = 0;
      var text = "oakland kevin oakland enters oracle"; // two pieces, one, two, one, one
      var posts = IntStream.range(0, 8).mapToObj(i -> Post.of(text, TinyModels.picture(i)));
      for (var found : both.extract(posts.toList())) {
        int pairs = orderedPairs(found.entities()).size();
        assertTrue(found.relations().size() <= pairs);
        lookedAt += found.relations().size();
        if (found.relations().size() < pairs) {
          leftOut++;
          assertTrue(
              found.warnings().stream().anyMatch(w -> w.contains("not looked at: head and tail")),
              found.warnings().toString());
        }
      }
      assertTrue(lookedAt > 0 && leftOut > 0, lookedAt + " pairs, of " + leftOut + " posts fewer");
    }
  }

  @Test
  void ofTooManyPairsTheNearestAreLookedAt() {
    var warnings = new ArrayList<String>();
    var few = IntStream.range(0, 16).mapToObj(i -> new Span(2 * i, 2 * i + 1)).toList();
    assertEquals(240, EntityPairs.of(few, warnings).size());
    assertEquals(List.of(), warnings);
    var many = IntStream.range(0, 40).mapToObj(i -> new Span(3 * i, 3 * i + 2)).toList();
    var pairs = EntityPairs.of(many, warnings);
    assertEquals(256, pairs.size());
    assertEquals(
        List.of("of the 1560 pairs of entities only the 256 nearest were looked at"), warnings);
    // 78 pairs of neighbours, 76 one apart, 74 two apart, the first 28 of those three apart.
    assertEquals(78, gaps(pairs, 1));
    assertEquals(76, gaps(pairs, 4));
    assertEquals(74, gaps(pairs, 7));
    assertEquals(28, gaps(pairs, 10));
    assertEquals(
        pairs,
        pairs.stream()
            .sorted(
                Comparator.comparingInt((EntityPairs.Pair p) -> p.head().start())
                    .thenComparingInt(p -> p.tail().start()))
            .toList());
  }

  private static long gaps(List<EntityPairs.Pair> pairs, int words) {
    return pairs.stream()
        .filter(
            p ->
                Stream.of(p.tail().start() - p.head().end(), p.head().start() - p.tail().end())
                    .anyMatch(gap -> gap == words))
        .count();
  }
}
