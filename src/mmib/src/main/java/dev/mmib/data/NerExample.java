package dev.mmib.data;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A sentence with its entity labels and its picture.
 *
 * @param id unique in its split: the picture's id, with the sentence's number where ids repeat
 * @param labels BIO, one per token
 * @param imageId the picture's name without an extension; empty where there is none
 * @param place where it was read: file and line
 * @param pictures those that the row names itself; null where the data set has them by id
 */
public record NerExample(
    String id,
    List<String> tokens,
    List<String> labels,
    String imageId,
    String place,
    @Nullable NamedPictures pictures) {

  public NerExample {
    tokens = List.copyOf(tokens);
    labels = List.copyOf(labels);
    if (tokens.isEmpty() || tokens.size() != labels.size()) {
      throw new IllegalArgumentException(
          "example: "
              + labels.size()
              + " labels vs "
              + tokens.size()
              + " tokens: give one label for each of at least one token");
    }
  }

  /** A sentence whose pictures are found by its {@code imageId}. */
  public NerExample(
      String id, List<String> tokens, List<String> labels, String imageId, String place) {
    this(id, tokens, labels, imageId, place, null);
  }
}
