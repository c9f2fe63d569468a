package dev.mmib.predict;

import java.util.Locale;

/**
 * An entity in a post.
 *
 * @param type such as PER, LOC, ORG, MISC
 * @param text as it stands in the post; tokens joined by a blank if tokens were given
 * @param start code unit of the text where it begins, or index of the token
 * @param end where it ends, exclusive
 * @param score its marginal probability under the conditional random field, 0 to 1
 */
public record Entity(String type, String text, int start, int end, double score) {

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "Entity[type=%s, text=%s, start=%d, end=%d, score=%.2f]",
        type,
        text,
        start,
        end,
        score);
  }
}
