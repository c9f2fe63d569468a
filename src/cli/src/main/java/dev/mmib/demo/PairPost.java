package dev.mmib.demo;

import dev.mmib.data.Span;
import dev.mmib.demo.Attainable.Posterior;
import java.util.List;

/**
 * A post about two people.
 *
 * @param relation what connects them; the picture shows it if relevant
 * @param textTells whether the words give it away
 */
record PairPost(
    String id,
    List<String> tokens,
    Span head,
    Span tail,
    int relation,
    boolean relevant,
    boolean textTells,
    Posterior posterior) {

  DemoData.Truth truth() {
    String label = PairWords.RELATIONS.get(relation);
    return new DemoData.Truth(
        id + ".jpg", label, relevant ? label : "a pattern", relevant, textTells);
  }
}
