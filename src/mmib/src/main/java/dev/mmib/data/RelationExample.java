package dev.mmib.data;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A sentence with two marked entities, their relation and a picture.
 *
 * @param row the index of the row in its file, from 0; tables of crops are keyed by it
 * @param imageId the picture's file name as the data set gives it; empty where there is none
 * @param place where it was read: file and line
 * @param pictures those that the row names itself; null where the data set has them by name
 */
public record RelationExample(
    String id,
    int row,
    List<String> tokens,
    Span head,
    Span tail,
    String relation,
    String imageId,
    String place,
    @Nullable NamedPictures pictures) {

  public RelationExample {
    tokens = List.copyOf(tokens);
    if (head.end() > tokens.size() || tail.end() > tokens.size()) {
      throw new IllegalArgumentException(
          "example: spans "
              + head
              + " and "
              + tail
              + " vs "
              + tokens.size()
              + " tokens: both must lie within them");
    }
  }

  /** A row whose pictures are found by its {@code imageId} and its number. */
  public RelationExample(
      String id,
      int row,
      List<String> tokens,
      Span head,
      Span tail,
      String relation,
      String imageId,
      String place) {
    this(id, row, tokens, head, tail, relation, imageId, place, null);
  }
}
