package dev.mmib.data;

import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reader of posts with two marked entities and their relation, or with all their relations, as JSON
 * lines or CSV.
 */
final class RelationPosts extends GoldPosts<RelationExample> {

  private final @Nullable RelationSet known;

  private RelationPosts(Path file, ReadOptions options, @Nullable RelationSet known) {
    super(file, options);
    this.known = known;
  }

  /** Gives each pair to {@code out} as it is read, in memory that the longest post decides. */
  static ReadReport forEach(
      Path file, ReadOptions options, @Nullable RelationSet known, Consumer<RelationExample> out) {
    return new RelationPosts(file, options, known).readAll(file, out);
  }

  @Override
  List<RelationExample> examples(Post post) {
    var row = post.row();
    boolean isPair = row.has("relation") || row.has("head") || row.has("tail");
    if (isPair == row.has("relations")) {
      throw row.error(
          isPair ? "has a pair and 'relations'" : "has no relation",
          "Give 'head', 'tail' and 'relation', or a list 'relations'.");
    }
    if (isPair) {
      return List.of(example(post, row, row.at("relation"), 0));
    }
    var examples = new ArrayList<RelationExample>();
    for (var entry : row.array("relations")) {
      var relation = entry.asObject();
      examples.add(example(post, relation, relation.at("type"), examples.size()));
    }
    return examples;
  }

  private RelationExample example(Post post, JsonObject pair, JsonValue type, int before) {
    var words = post.words();
    var head = run(pair.at("head"), words, span(pair.at("head")), "the head");
    var tail = run(pair.at("tail"), words, span(pair.at("tail")), "the tail");
    var relation = type.asString();
    if (relation.isEmpty() || (known != null && !known.contains(relation))) {
      throw type.error(
          "the relation " + MmibException.quote(relation) + " is not one",
          known == null ? "Name it, or None." : "Relations are " + known.relations() + ".");
    }
    countOddities(words, head, tail);
    return new RelationExample(
        before == 0 ? post.id() : unique(post.id()),
        nextRow() + before,
        words.words(),
        head,
        tail,
        relation,
        post.pictures().whole(),
        rowPlace(),
        post.pictures());
  }
}
