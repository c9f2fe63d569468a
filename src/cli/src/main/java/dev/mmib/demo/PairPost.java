package dev.mmib.demo;

import dev.mmib.data.Span;
import dev.mmib.demo.Attainable.Posterior;
import java.util.List;

/**
 * A post about two people.
 *
 * @param relation what connects them, an index into the relations
 * @param shown the relation that the picture shows, or {@link Stray#PATTERN}
 * @param textTells whether the words give it away
 */
record PairPost(
    String id,
    List<String> tokens,
    Span head,
    Span tail,
    int relation,
    int shown,
    boolean textTells,
    Posterior posterior) {

  DemoData.Truth truth() {
    return new DemoData.Truth(
        id + ".jpg",
        PairWords.RELATIONS.get(relation),
        Stray.shows(shown, PairWords.RELATIONS),
        shown == relation,
        textTells);
  }
}
