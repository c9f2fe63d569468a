package dev.mmib.text;

import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;

/** Tokens that are recognized inside texts and never cut, with their ids. */
final class SpecialTokens {

  static final SpecialTokens NONE = new SpecialTokens(Set.of(), token -> -1);

  private static final int ASCII = 128;

  private final String[] tokens;
  private final int[] ids;
  private final boolean[] starts = new boolean[ASCII];
  private final boolean startsBeyond;

  SpecialTokens(Set<String> tokens, ToIntFunction<String> ids) {
    this.tokens = tokens.toArray(String[]::new);
    this.ids = List.of(this.tokens).stream().mapToInt(ids).toArray();
    boolean beyond = false;
    for (String token : this.tokens) {
      char first = token.charAt(0);
      if (first < ASCII) {
        starts[first] = true;
      } else {
        beyond = true;
      }
    }
    this.startsBeyond = beyond;
  }

  /** Whether some token may begin with a code unit; where not, nothing has to be compared. */
  boolean mayStartWith(char unit) {
    return unit < ASCII ? starts[unit] : startsBeyond;
  }

  /** Which is the longest token that begins at a place; −1 if none does. */
  int at(char[] text, int at, int end) {
    int found = -1;
    for (int i = 0; i < tokens.length; i++) {
      int length = tokens[i].length();
      if (length <= end - at
          && (found < 0 || length > tokens[found].length())
          && isAt(tokens[i], text, at)) {
        found = i;
      }
    }
    return found;
  }

  /** Whether a stretch of text is a token. */
  boolean contains(char[] text, int from, int to) {
    if (from < to && mayStartWith(text[from])) {
      for (String token : tokens) {
        if (token.length() == to - from && isAt(token, text, from)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isAt(String token, char[] text, int at) {
    for (int i = 0; i < token.length(); i++) {
      if (token.charAt(i) != text[at + i]) {
        return false;
      }
    }
    return true;
  }

  String token(int index) {
    return tokens[index];
  }

  int id(int index) {
    return ids[index];
  }
}
