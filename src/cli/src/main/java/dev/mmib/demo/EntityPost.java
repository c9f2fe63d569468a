package dev.mmib.demo;

import dev.mmib.demo.Attainable.Posterior;
import java.util.List;

/**
 * A post about one name, sometimes with a second one.
 *
 * @param type what the post is about, an index into the types
 * @param shown the type that the picture shows, or {@link Stray#PATTERN}
 * @param textTells whether the words give it away
 * @param posteriors of every entity in it, for the attainable score
 */
record EntityPost(
    String id,
    List<String> tokens,
    List<String> labels,
    int type,
    int shown,
    boolean textTells,
    List<Posterior> posteriors) {

  DemoData.Truth truth() {
    return new DemoData.Truth(
        id,
        EntityWords.TYPES.get(type),
        Stray.shows(shown, EntityWords.TYPES),
        shown == type,
        textTells);
  }
}
