package dev.mmib.io;

import dev.mmib.error.MmibException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** The names that a mistyped name may have meant. */
public final class Nearest {

  private static final int MOST = 3;
  private static final int LONGEST = 200;

  private record Candidate(String name, int distance) {}

  private Nearest() {}

  /** At most three of {@code known}, the nearest by edit distance first. */
  public static List<String> to(String name, Collection<String> known) {
    var wanted = head(name);
    return known.stream()
        .map(k -> new Candidate(k, distance(wanted, head(k))))
        .filter(c -> c.distance() <= Math.max(2, Math.max(wanted.length(), c.name().length()) / 2))
        .sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
        .limit(MOST)
        .map(Candidate::name)
        .toList();
  }

  /** {@code Nearest: 'a', 'b'.} or a sentence that there is nothing near. */
  public static String hint(String name, Collection<String> known) {
    var nearest = to(name, known);
    return nearest.isEmpty()
        ? "There is no name like it among " + known.size() + "."
        : nearest.stream()
            .map(MmibException::quote)
            .collect(Collectors.joining(", ", "Nearest: ", "."));
  }

  private static String head(String name) {
    return name.length() > LONGEST ? name.substring(0, LONGEST) : name;
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    var row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
