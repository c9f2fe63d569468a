package dev.mmib.cli;

import dev.mmib.data.Span;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.predict.Extraction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was found in a post, as {@code predict --json} writes it. */
final class PredictionJson {

  private PredictionJson() {}

  /**
   * One row.
   *
   * @param post the post as it was given, to stand beside what was found; null to leave it out
   */
  static JsonObject of(Extraction found, String device, @Nullable JsonObject post) {
    var row = new JsonObject().put("id", found.id());
    for (var key : List.of("text", "tokens", "image", "crops")) {
      var value = post == null ? null : post.find(key);
      if (value != null && !value.isNull()) {
        row.put(key, value);
      }
    }
    var entities = new JsonArray();
    for (var entity : found.entities()) {
      entities.add(
          new JsonObject()
              .put("type", entity.type())
              .put("text", entity.text())
              .put("start", entity.start())
              .put("end", entity.end())
              .put("score", entity.score()));
    }
    var relations = new JsonArray();
    for (var relation : found.relations()) {
      relations.add(
          new JsonObject()
              .put("type", relation.type())
              .put("head", ends(relation.head()))
              .put("tail", ends(relation.tail()))
              .put("score", relation.score()));
    }
    var warnings = new JsonArray();
    found.warnings().forEach(warnings::add);
    return row.put("entities", entities)
        .put("relations", relations)
        .put("warnings", warnings)
        .put("device", device);
  }

  private static JsonArray ends(Span span) {
    return new JsonArray().add(span.start()).add(span.end());
  }
}
