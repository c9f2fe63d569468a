package dev.mmib.demo;

import dev.mmib.demo.Attainable.Posterior;
import java.util.List;

/**
 * A post about one name, sometimes with a second one.
 *
 * @param type what the post is about, an index into the types; the picture shows it if relevant
 * @param textTells whether the words give it away
 * @param posteriors of every entity in it, for the attainable score
 */
record EntityPost(
    String id,
    List<String> tokens,
    List<String> labels,
    int type,
    boolean relevant,
    boolean textTells,
    List<Posterior> posteriors) {

  DemoData.Truth truth() {
    String label = EntityWords.TYPES.get(type);
    return new DemoData.Truth(id, label, relevant ? label : "a pattern", relevant, textTells);
  }
}
