package dev.mmib.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Device;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.data.Fidelity;
import dev.mmib.data.Span;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.ModelDirectory;
import dev.mmib.model.Task;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ExtractorTest {

  private static final int THREADS = 16;

  @TempDir static Path models;
  private static Path ner;
  private static Path re;

  @BeforeAll
  static void saveModels() {
    ner = TinyModels.save(models.resolve("ner"), Task.NER, 3);
    re = TinyModels.save(models.resolve("re"), Task.RE, 4);
  }

  static List<String> devices() {
    return Device.all().stream()
        .filter(d -> d.unavailableBecause().isEmpty())
        .map(d -> d.provider().name())
        .toList();
  }

  @ParameterizedTest
  @MethodSource("devices")
  void sixteenThreadsFindWhatOneFindsBitForBit(String device) throws Exception {
    try (var extractor = Extractor.load(ner, re, Device.of(device))) {
      var posts = TinyModels.posts(5);
      var alone = posts.stream().map(extractor::extract).toList();
      assertTrue(alone.stream().anyMatch(e -> !e.entities().isEmpty()), "nothing was found");
      var pool = Executors.newFixedThreadPool(THREADS);
      try {
        var running = new ArrayList<Future<List<Extraction>>>();
        for (int t = 0; t < THREADS; t++) {
          Callable<List<Extraction>> all = () -> posts.stream().map(extractor::extract).toList();
          running.add(pool.submit(all));
        }
        for (var thread : running) {
          assertEquals(alone, thread.get());
        }
      } finally {
        pool.shutdownNow();
      }
    }
  }

  @Test
  void thePostsBesideItChangeAResultOnlyWithinRounding() {
    requireIndependence(ner);
  }

  @Test
  void theyDoNotWhereTheReleasedMasksLetPaddingCountEither(@TempDir Path folder) {
    // All texts are padded to the limit there.
    requireIndependence(TinyModels.save(folder, Task.NER, 7, c -> c.fidelity = Fidelity.REFERENCE));
  }

  private static void requireIndependence(Path model) {
    try (var extractor = Extractor.load(model, Device.auto())) {
      var posts = TinyModels.posts(9);
      var together = extractor.extract(posts);
      for (int i = 0; i < posts.size(); i++) {
        var alone = extractor.extract(posts.get(i)).entities();
        var beside = together.get(i).entities();
        assertEquals(alone.size(), beside.size(), "entities of post " + i);
        for (int e = 0; e < alone.size(); e++) {
          assertEquals(alone.get(e).type(), beside.get(e).type());
          assertEquals(alone.get(e).start(), beside.get(e).start());
          assertEquals(alone.get(e).score(), beside.get(e).score(), 1e-5);
        }
      }
    }
  }

  @Test
  void placesAreCodeUnitsOfTheText() {
    try (var extractor = Extractor.load(ner, Device.auto())) {
      var text = "  Kevin\tDurant 😂 enters Oakland!";
      var found = extractor.extract(Post.of(text, TinyModels.picture(1))).entities();
      assertFalse(found.isEmpty(), "nothing was found");
      for (var entity : found) {
        assertEquals(text.substring(entity.start(), entity.end()), entity.text());
        assertTrue(entity.score() > 0 && entity.score() <= 1, entity.toString());
      }
    }
  }

  @Test
  void placesAreTokensWhenTokensWereGiven() {
    try (var extractor = Extractor.load(ner, Device.auto())) {
      var tokens = List.of("Kevin", "Durant", "enters", "Oakland", "!");
      var asText = Post.of(String.join(" ", tokens), TinyModels.picture(1));
      var asTokens = Post.ofTokens(tokens).withPicture(Picture.of(TinyModels.picture(1)));
      var found = extractor.extract(asTokens).entities();
      assertFalse(found.isEmpty(), "nothing was found");
      for (var entity : found) {
        assertEquals(String.join(" ", tokens.subList(entity.start(), entity.end())), entity.text());
      }
      assertEquals(
          extractor.extract(asText).entities().stream().map(Entity::score).toList(),
          found.stream().map(Entity::score).toList());
    }
  }

  @Test
  void theRelationOfAGivenPairIsToldEvenIfItIsNone() {
    try (var extractor = Extractor.load(re, Device.auto())) {
      var text = "Kevin enters Oakland";
      var post =
          Post.of(text, TinyModels.picture(1))
              .withPair(new Span(0, 5), new Span(13, text.length()));
      var found = extractor.extract(post);
      assertEquals(List.of(), found.entities());
      assertEquals(1, found.relations().size());
      var relation = found.relations().get(0);
      assertEquals(new Span(0, 5), relation.head());
      assertEquals(new Span(13, 20), relation.tail());
      assertTrue(relation.score() >= 1.0 / 3 && relation.score() <= 1, relation.toString());
    }
  }

  /** Pictures are seen once a post, in a batch: each pair must get those of its own post. */
  @Test
  void aPairThatWasFoundIsJudgedAsOneThatIsAskedFor() {
    try (var both = Extractor.load(ner, re, Device.auto());
        var alone = Extractor.load(re, Device.auto())) {
      var posts = TinyModels.posts(12);
      var found = both.extract(posts);
      int pairs = 0;
      for (int i = 0; i < posts.size(); i++) {
        for (var relation : found.get(i).relations()) {
          var post = posts.get(i).withPair(relation.head(), relation.tail());
          var asked = alone.extract(post).relations().get(0);
          assertEquals(relation.type(), asked.type());
          assertEquals(relation.score(), asked.score(), 1e-5);
          pairs++;
        }
      }
      assertTrue(pairs > 16, pairs + " pairs: give several batches");
    }
  }

  @Test
  void tellsWhichPicturesWereLookedAt() {
    var post = TinyModels.posts(1).get(0);
    try (var extractor = Extractor.load(ner, Device.auto())) {
      var entities = extractor.extract(post).entities();
      assertFalse(entities.isEmpty());
      var looks = extractor.looks(post);
      assertEquals(
          entities.stream().map(e -> new Span(e.start(), e.end())).toList(),
          looks.stream().map(Look::place).toList());
      for (var look : looks) {
        assertEquals(3, look.slots().length);
        assertTrue(look.slots()[0] > 0 && look.slots()[1] > 0, "the picture and its crop");
        assertEquals(0, look.slots()[2], "an absent crop");
        assertEquals(1, look.slots()[0] + look.slots()[1], 1e-5);
      }
    }
    var head = new Span(0, 1);
    int end = Objects.requireNonNull(post.text()).length();
    var tail = new Span(end - 1, end);
    try (var extractor = Extractor.load(re, Device.auto())) {
      var looks = extractor.looks(post.withPair(head, tail));
      assertEquals(2, looks.size());
      assertEquals(1, looks.get(1).slots()[0] + looks.get(1).slots()[1], 1e-5);
    }
  }

  @Test
  void aPairIsAskedForWhereNothingFindsEntities() {
    try (var extractor = Extractor.load(re, Device.auto())) {
      var e = assertThrows(MmibException.class, () -> extractor.extract(Post.of("Kevin enters")));
      assertEquals(ErrorCode.POST, e.code());
      var outside = Post.of("Kevin enters").withPair(new Span(0, 5), new Span(40, 45));
      assertThrows(MmibException.class, () -> extractor.extract(outside));
    }
  }

  @Test
  void oneBadPostDoesNotKeepTheOthersFromTheirResults() throws Exception {
    var broken = Files.write(models.resolve("broken.jpg"), new byte[] {1, 2, 3});
    try (var extractor = Extractor.load(ner, Device.auto())) {
      var posts = TinyModels.posts(3);
      var mixed = List.of(posts.get(0), Post.of("Kevin", broken), posts.get(1));
      var outcomes = extractor.attempt(mixed);
      assertEquals(extractor.extract(posts.get(0)).id(), outcomes.get(0).orElseThrow().id());
      var error = assertThrows(MmibException.class, () -> outcomes.get(1).orElseThrow());
      assertTrue(error.code() == ErrorCode.IMAGE || error.code() == ErrorCode.IMAGE_UNSUPPORTED);
      assertEquals("post-1", outcomes.get(2).orElseThrow().id());
      assertThrows(MmibException.class, () -> extractor.extract(mixed));
    }
  }

  @Test
  void whatWasNotReadAsGivenIsSaid() {
    try (var extractor = Extractor.load(ner, Device.auto())) {
      assertTrue(extractor.extract(Post.of("Kevin")).warnings().get(0).contains("no picture"));
      var endless = Post.of("kevin ".repeat(60), TinyModels.picture(1));
      var warnings = extractor.extract(endless).warnings();
      assertTrue(warnings.toString().contains("38 words were not read"), warnings.toString());
      var crops = Stream.of(1, 2, 3).map(i -> Picture.of(TinyModels.picture(i))).toList();
      assertTrue(
          extractor
              .extract(Post.of("Kevin", TinyModels.picture(1)).withCrops(crops))
              .warnings()
              .toString()
              .contains("first 2 of 3 crops"));
      assertEquals(List.of("no words"), extractor.extract(Post.of(" \n")).warnings());
    }
  }

  @Test
  void picturesMatter() {
    try (var extractor = Extractor.load(ner, Device.auto())) {
      var one = extractor.extract(Post.of("kevin enters oakland", TinyModels.picture(1)));
      var other = extractor.extract(Post.of("kevin enters oakland", TinyModels.picture(2)));
      assertFalse(one.entities().equals(other.entities()), one.toString());
    }
  }

  @Test
  void aStreamIsReadAsItsResultsAreAskedFor() {
    try (var extractor = Extractor.load(ner, Device.auto())) {
      var taken = new int[1];
      var endless =
          IntStream.iterate(0, i -> i + 1)
              .mapToObj(i -> Post.of("kevin enters").withId("" + i))
              .peek(post -> taken[0]++);
      var ids = extractor.extractAll(endless).limit(20).map(Extraction::id).toList();
      assertEquals(IntStream.range(0, 20).mapToObj(i -> "" + i).toList(), ids);
      assertTrue(taken[0] <= 64, taken[0] + " posts were taken for 20 results");
    }
  }

  @Test
  void closingTwiceIsFineAndUsingItAfterwardsIsRefused() {
    var extractor = Extractor.load(ner, Device.auto());
    extractor.close();
    extractor.close();
    var e = assertThrows(MmibException.class, () -> extractor.extract(Post.of("Kevin")));
    assertEquals(ErrorCode.CLOSED, e.code());
  }

  @Test
  void closingWhileOthersExtractLetsThemFinish() throws Exception {
    var extractor = Extractor.load(ner, Device.auto());
    var pool = Executors.newFixedThreadPool(4);
    try {
      var running = new ArrayList<Future<Integer>>();
      for (int t = 0; t < 4; t++) {
        running.add(
            pool.submit(
                () -> {
                  int done = 0;
                  try {
                    for (; done < 10_000; done++) {
                      extractor.extract(TinyModels.posts(1));
                    }
                  } catch (MmibException e) {
                    assertEquals(ErrorCode.CLOSED, e.code());
                  }
                  return done;
                }));
      }
      extractor.extract(TinyModels.posts(1));
      extractor.close();
      for (var thread : running) {
        assertTrue(thread.get() < 10_000, "never noticed that the extractor was closed");
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void twoModelsOfOneTaskAreRefused() {
    var e = assertThrows(MmibException.class, () -> Extractor.load(ner, ner, Device.auto()));
    assertEquals(ErrorCode.USAGE, e.code());
  }

  @ParameterizedTest
  @CsvSource({
    "re, vocab.txt, [UNK], x, VOCABULARY",
    "re, vocab.txt, </o>, x, VOCABULARY",
    "re, config.json, '\"max_position_embeddings\": 512', '\"max_position_embeddings\": 7', CONFIG",
    "ner, config.json, '\"max_position_embeddings\": 512', '\"max_position_embeddings\": 2', CONFIG",
    "ner, labels.json, PAD, O, LABELS",
  })
  void aDirectoryThatIsRefusedLeavesNoWeightsBehind(
      String model, String file, String from, String to, ErrorCode code, @TempDir Path folder)
      throws Exception {
    var good = ModelDirectory.open(model.equals("ner") ? re : ner);
    for (var part : List.of("vocab.txt", "config.json", "labels.json", "model.safetensors")) {
      Files.copy(models.resolve(model).resolve(part), folder.resolve(part));
    }
    var text = Files.readString(folder.resolve(file));
    assertTrue(text.contains(from), text);
    Files.writeString(folder.resolve(file), text.replace(from, to));
    var backend = new JavaBackend(1);
    var directories = List.of(good, ModelDirectory.open(folder));
    var e = assertThrows(MmibException.class, () -> Extractor.load(directories, backend));
    assertEquals(code, e.code(), e.toString());
    assertEquals(0, backend.memory().liveBuffers());
  }

  @Test
  void readsAsTheDocumentationShows() {
    assertEquals(
        "Entity[type=PER, text=Kevin Durant, start=0, end=12, score=0.98]",
        new Entity("PER", "Kevin Durant", 0, 12, 0.981).toString());
  }
}
