package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.text.WordSplitter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The words of a post, and where they stand in the unit of the input: what is trained on is split
 * here, and what is extracted from too.
 *
 * @param text null if the post came as tokens: then the unit is the token
 * @param places of each word
 */
public record Words(@Nullable String text, List<String> words, List<Span> places) {

  public Words {
    words = List.copyOf(words);
    places = List.copyOf(places);
  }

  /** The words of a text, split at white space and around punctuation. */
  public static Words of(String text) {
    var words = new ArrayList<String>();
    var places = new ArrayList<Span>();
    for (var word : WordSplitter.split(text)) {
      words.add(word.text());
      places.add(new Span(word.start(), word.end()));
    }
    return new Words(text, words, places);
  }

  /** Words that were split elsewhere. */
  public static Words ofTokens(List<String> tokens) {
    var places = new ArrayList<Span>();
    for (int i = 0; i < tokens.size(); i++) {
      places.add(new Span(i, i + 1));
    }
    return new Words(null, tokens, places);
  }

  public boolean isEmpty() {
    return words.isEmpty();
  }

  /** How long the post is, in the unit of the input. */
  public int length() {
    return text != null ? text.length() : words.size();
  }

  /** The place, in the unit of the input, of a run of words. */
  public Span place(Span run) {
    return new Span(places.get(run.start()).start(), places.get(run.end() - 1).end());
  }

  /** What stands at a place. */
  public String textAt(Span run) {
    var place = place(run);
    return text != null
        ? text.substring(place.start(), place.end())
        : String.join(" ", words.subList(run.start(), run.end()));
  }

  /** The words that a place touches; null where it touches none. */
  @Nullable Span touched(Span place) {
    int first = -1;
    int last = -1;
    for (int i = 0; i < places.size(); i++) {
      if (places.get(i).overlaps(place)) {
        first = first < 0 ? i : first;
        last = i;
      }
    }
    return first < 0 ? null : new Span(first, last + 1);
  }

  /** The word that begins nearest to a place; there must be one. */
  Span nearest(Span place) {
    int best = 0;
    for (int i = 1; i < places.size(); i++) {
      if (distance(i, place) < distance(best, place)) {
        best = i;
      }
    }
    return new Span(best, best + 1);
  }

  private int distance(int word, Span place) {
    return Math.abs(places.get(word).start() - place.start());
  }

  /** The words that a place touches; a place without any is refused. */
  public Span run(Span place, String what) {
    var run = touched(place);
    if (run == null || place.end() > length()) {
      throw MmibException.of(
          ErrorCode.POST, what + " is " + place + ", where the post has no word", unit());
    }
    return run;
  }

  /** How places are counted, as a sentence. */
  String unit() {
    return text != null
        ? "Give code units of the text, which has " + length() + "."
        : "Give indices of tokens, of which there are " + length() + ".";
  }
}
