package dev.mmib.predict;

import dev.mmib.data.Words;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Some posts that go through the models together. */
final class PostBatch {

  /** One post on its way through the models. */
  private static final class Item {
    private final Post post;
    private final LinkedHashSet<String> warnings = new LinkedHashSet<>();
    private final List<Relation> relations = new ArrayList<>();
    private List<EntityFinder.Found> entities = List.of();
    private Words words = Words.of("");
    private EntityFinder.@Nullable Ready ready;
    private List<RelationFinder.Ready> pairs = List.of();
    private List<float @Nullable []> pixels = List.of(); // as the relation model wants them
    private @Nullable MmibException error;

    Item(Post post) {
      this.post = post;
    }

    Outcome outcome() {
      if (error != null) {
        return Outcome.failed(error);
      }
      var found = entities.stream().map(EntityFinder.Found::entity).toList();
      return Outcome.of(new Extraction(post.id(), found, relations, List.copyOf(warnings)));
    }
  }

  /** A pair, and the pictures of its post. */
  private record Question(Item owner, RelationFinder.Ready pair, PostPictures.Seen pictures) {}

  /** Pairs that the device sees at once. */
  private static final int BATCH = 16;

  private final @Nullable EntityFinder entities;
  private final @Nullable RelationFinder relations;
  private final Object device;
  private final List<Item> items;

  /**
   * A batch.
   *
   * @param device held while kernels run
   */
  PostBatch(
      @Nullable EntityFinder entities,
      @Nullable RelationFinder relations,
      Object device,
      List<Post> posts) {
    this.entities = entities;
    this.relations = relations;
    this.device = device;
    this.items = posts.stream().map(Item::new).toList();
  }

  /**
   * Encodes texts and decodes pictures, of relations only where no entities have to be found before
   * them. Runs on any thread, before {@link #run}.
   */
  void prepare() {
    for (var item : items) {
      guarded(item, () -> prepare(item));
      if (entities == null && relations != null) {
        guarded(item, () -> item.pairs = pairs(relations, item));
      }
    }
  }

  List<Outcome> run() {
    if (entities != null) {
      findEntities(entities);
    }
    if (relations != null) {
      findRelations(relations);
    }
    return items.stream().map(Item::outcome).toList();
  }

  List<Look> looks() {
    run().forEach(Outcome::orElseThrow);
    var looks = new ArrayList<Look>();
    for (var item : items) {
      synchronized (device) {
        if (entities != null && item.ready != null) {
          looks.addAll(entities.looks(item.ready, item.entities));
        } else if (relations != null) {
          item.pairs.forEach(pair -> looks.addAll(relations.looks(pair, item.pixels)));
        }
      }
    }
    return looks;
  }

  private static void guarded(Item item, Runnable step) {
    if (item.error == null) {
      try {
        step.run();
      } catch (MmibException e) {
        item.error = e; // this post's outcome
      }
    }
  }

  private void prepare(Item item) {
    var text = item.post.text();
    item.words = text == null ? Words.ofTokens(item.post.tokens()) : Words.of(text);
    if (item.words.isEmpty()) {
      item.warnings.add("no words");
    } else if (entities != null) {
      var warnings = new ArrayList<String>();
      item.ready = entities.prepare(item.post, item.words, warnings);
      item.warnings.addAll(warnings);
    }
  }

  private void findEntities(EntityFinder finder) {
    var some = items.stream().filter(i -> i.error == null && i.ready != null).toList();
    var ready = new ArrayList<EntityFinder.Ready>();
    some.forEach(item -> ready.add(Objects.requireNonNull(item.ready)));
    if (ready.isEmpty()) {
      return;
    }
    List<List<EntityFinder.Found>> found;
    synchronized (device) {
      found = finder.find(ready);
    }
    for (int i = 0; i < some.size(); i++) {
      some.get(i).entities = found.get(i);
    }
  }

  private void findRelations(RelationFinder finder) {
    if (entities != null) {
      items.forEach(item -> guarded(item, () -> item.pairs = pairs(finder, item)));
    }
    var all = questions(finder);
    for (int from = 0; from < all.size(); from += BATCH) {
      var some = all.subList(from, Math.min(all.size(), from + BATCH));
      List<Relation> found;
      synchronized (device) {
        found =
            finder.find(
                some.stream().map(Question::pair).toList(),
                some.stream().map(Question::pictures).toList());
      }
      for (int i = 0; i < some.size(); i++) {
        some.get(i).owner().relations.add(found.get(i));
      }
    }
  }

  private List<Question> questions(RelationFinder finder) {
    var asked = items.stream().filter(i -> i.error == null && !i.pairs.isEmpty()).toList();
    var all = new ArrayList<Question>();
    if (asked.isEmpty()) {
      return all;
    }
    List<PostPictures.Seen> seen;
    synchronized (device) {
      seen = finder.see(asked.stream().map(item -> item.pixels).toList());
    }
    for (int i = 0; i < asked.size(); i++) {
      var item = asked.get(i);
      for (var pair : item.pairs) {
        all.add(new Question(item, pair, seen.get(i)));
      }
    }
    return all;
  }

  private List<RelationFinder.Ready> pairs(RelationFinder finder, Item item) {
    var warnings = new ArrayList<String>();
    var asked = asked(item);
    var places = item.entities.stream().map(EntityFinder.Found::words).toList();
    var pairs = asked == null ? EntityPairs.of(places, warnings) : List.of(asked);
    var ready = new ArrayList<RelationFinder.Ready>();
    if (!pairs.isEmpty()) {
      item.pixels = pixels(finder, item, warnings);
      for (var pair : pairs) {
        try {
          ready.add(finder.prepare(item.words, pair.head(), pair.tail(), warnings));
        } catch (MmibException e) {
          if (asked != null) {
            throw e;
          }
          warnings.add("a pair of entities was not looked at: " + e.what());
        }
      }
    }
    item.warnings.addAll(warnings);
    return ready;
  }

  /** Those that the other model was given, where both want the same. */
  private List<float @Nullable []> pixels(RelationFinder finder, Item item, List<String> warnings) {
    if (entities != null
        && item.ready != null
        && finder.pictures().wantsThoseOf(entities.pictures())) {
      return item.ready.pixels(); // warnings of them are there already
    }
    return finder.pictures().pixels(item.post, warnings);
  }

  /** The pair that the post asks about; null where it is to be found. */
  private EntityPairs.@Nullable Pair asked(Item item) {
    var head = item.post.head();
    var tail = item.post.tail();
    if (head != null && tail != null) {
      return new EntityPairs.Pair(item.words.run(head, "head"), item.words.run(tail, "tail"));
    }
    if (entities == null) {
      throw MmibException.of(
          ErrorCode.POST,
          "no head and tail, and no model that finds entities",
          "Give both spans, or load an NER model as well.");
    }
    return null;
  }
}
