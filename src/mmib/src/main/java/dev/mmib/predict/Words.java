package dev.mmib.predict;

import dev.mmib.data.Span;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.text.WordSplitter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The words of a post, and where they stand in the unit of the input.
 *
 * @param text null if the post came as tokens: then the unit is the token
 * @param places of each word
 */
record Words(@Nullable String text, List<String> words, List<Span> places) {

  static Words of(Post post) {
    var text = post.text();
    var words = new ArrayList<String>();
    var places = new ArrayList<Span>();
    if (text == null) {
      for (int i = 0; i < post.tokens().size(); i++) {
        words.add(post.tokens().get(i));
        places.add(new Span(i, i + 1));
      }
    } else {
      for (var word : WordSplitter.split(text)) {
        words.add(word.text());
        places.add(new Span(word.start(), word.end()));
      }
    }
    return new Words(text, words, places);
  }

  boolean isEmpty() {
    return words.isEmpty();
  }

  /** The place, in the unit of the input, of a run of words. */
  Span place(Span run) {
    return new Span(places.get(run.start()).start(), places.get(run.end() - 1).end());
  }

  /** What stands at a place. */
  String textAt(Span run) {
    var place = place(run);
    return text != null
        ? text.substring(place.start(), place.end())
        : String.join(" ", words.subList(run.start(), run.end()));
  }

  /** The words that a place touches; a place without any is refused. */
  Span run(Span place, String what) {
    int length = text != null ? text.length() : words.size();
    int first = -1;
    int last = -1;
    for (int i = 0; i < places.size(); i++) {
      if (places.get(i).overlaps(place)) {
        first = first < 0 ? i : first;
        last = i;
      }
    }
    if (first < 0 || place.end() > length) {
      throw MmibException.of(
          ErrorCode.POST,
          what + " is " + place + ", where the post has no word",
          text != null
              ? "Give code units of the text, which has " + length + "."
              : "Give indices of tokens, of which there are " + length + ".");
    }
    return new Span(first, last + 1);
  }
}
