package dev.mmib.train;

import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonScalar;
import org.jspecify.annotations.Nullable;

/**
 * What was done with pictures since a training started.
 *
 * @param decoded files
 * @param found features that were in the directory of features
 * @param computed features
 * @param damaged files and records of that directory
 * @param failure why nothing was added to that directory any more; null if nothing went wrong
 */
public record PictureCounts(
    long decoded, long found, long computed, long damaged, @Nullable String failure) {

  JsonObject toJson() {
    return new JsonObject()
        .put("decoded", decoded)
        .put("found", found)
        .put("computed", computed)
        .put("damaged", damaged)
        .put("failure", failure == null ? JsonScalar.NULL : JsonScalar.of(failure));
  }
}
