package dev.mmib.predict;

import dev.mmib.data.Span;
import dev.mmib.image.RgbImage;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What somebody posted: a text, perhaps a picture, and perhaps parts cut out of it.
 *
 * @param id comes back in the {@link Extraction}; may be empty
 * @param text the text as it was written; null if it is given as tokens
 * @param tokens the words; empty if the text is given
 * @param picture null if there is none
 * @param crops parts of the picture that show one thing each, in order of importance
 * @param head one of the two entities whose relation is asked for, in the unit of the input: code
 *     units of {@code text}, or indices of {@code tokens}; null to have the entities found
 * @param tail the other one
 */
public record Post(
    String id,
    @Nullable String text,
    List<String> tokens,
    @Nullable Picture picture,
    List<Picture> crops,
    @Nullable Span head,
    @Nullable Span tail) {

  public Post {
    tokens = List.copyOf(tokens);
    crops = List.copyOf(crops);
    if (text != null && !tokens.isEmpty()) {
      throw new IllegalArgumentException("post: text and tokens vs one of them");
    }
    if ((head == null) != (tail == null)) {
      throw new IllegalArgumentException("post: head " + head + ", tail " + tail + " vs both");
    }
  }

  /** A post without a picture. */
  public static Post of(String text) {
    return new Post("", text, List.of(), null, List.of(), null, null);
  }

  public static Post of(String text, Picture picture) {
    return of(text).withPicture(picture);
  }

  /** A post whose picture is a file. */
  public static Post of(String text, Path picture) {
    return of(text, Picture.of(picture));
  }

  /** A post whose picture is an encoded image, such as the bytes of a JPEG. */
  public static Post of(String text, byte[] picture) {
    return of(text, Picture.of(picture));
  }

  public static Post of(String text, RgbImage picture) {
    return of(text, Picture.of(picture));
  }

  /** A post that was split into words before; results then count words. */
  public static Post ofTokens(List<String> tokens) {
    return new Post("", null, tokens, null, List.of(), null, null);
  }

  public Post withId(String other) {
    return new Post(other, text, tokens, picture, crops, head, tail);
  }

  public Post withPicture(Picture other) {
    return new Post(id, text, tokens, other, crops, head, tail);
  }

  public Post withCrops(List<Picture> others) {
    return new Post(id, text, tokens, picture, others, head, tail);
  }

  /** This post with the two entities whose relation is asked for. */
  public Post withPair(Span otherHead, Span otherTail) {
    return new Post(id, text, tokens, picture, crops, otherHead, otherTail);
  }
}
