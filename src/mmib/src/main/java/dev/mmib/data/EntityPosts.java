package dev.mmib.data;

import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reader of posts with their entities, as JSON lines or CSV. */
final class EntityPosts extends GoldPosts<NerExample> {

  private static final Pattern TYPE = Pattern.compile("[\\p{L}\\p{N}][^\\s\\p{C}]{0,99}");

  private final @Nullable TagSet known;

  private EntityPosts(Path file, ReadOptions options, @Nullable TagSet known) {
    super(file, options);
    this.known = known;
  }

  /** Gives each post to {@code out} as it is read, in memory that the longest one decides. */
  static ReadReport forEach(
      Path file, ReadOptions options, @Nullable TagSet known, Consumer<NerExample> out) {
    return new EntityPosts(file, options, known).readAll(file, out);
  }

  @Override
  List<NerExample> examples(Post post) {
    var words = post.words();
    var labels = new ArrayList<>(Collections.nCopies(words.words().size(), TagSet.OUTSIDE));
    var runs = new ArrayList<Span>();
    for (var entry : post.row().array("entities")) {
      var entity = entry.asObject();
      var type = type(entity);
      var place = span(entity, entity.integer("start"), entity.integer("end"));
      var run = run(entity, words, place, "the entity");
      for (var other : runs) {
        if (other.overlaps(run)) {
          throw entity.error(
              "the entity " + shown(words, run) + " overlaps " + shown(words, other),
              "A word can belong to one entity only: leave one of them out.");
        }
      }
      runs.add(run);
      labels.set(run.start(), "B-" + type);
      Collections.fill(labels.subList(run.start() + 1, run.end()), "I-" + type);
      countText(entity, words, run);
    }
    return List.of(
        new NerExample(
            post.id(),
            words.words(),
            labels,
            post.pictures().whole(),
            rowPlace(),
            post.pictures()));
  }

  private String type(JsonObject entity) {
    var type = entity.string("type");
    boolean isKnown = known == null || (known.contains("B-" + type) && known.contains("I-" + type));
    if (!TYPE.matcher(type).matches() || !isKnown) {
      throw entity
          .at("type")
          .error(
              "the type " + MmibException.quote(type) + " is not one",
              known == null
                  ? "A type is a letter or digit and what is no space."
                  : "Types are " + known.types() + ".");
    }
    return type;
  }

  private void countText(JsonObject entity, Words words, Span run) {
    var text = words.textAt(run);
    if (!entity.absent("text") && !entity.string("text").equals(text)) {
      found(
          Finding.Kind.NAME_DIFFERS,
          "the text is given as "
              + MmibException.quote(entity.string("text"))
              + ", at its place stands "
              + MmibException.quote(text));
    }
  }
}
