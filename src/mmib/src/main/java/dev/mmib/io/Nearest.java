package dev.mmib.io;

import dev.mmib.error.MmibException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The names that a mistyped name may have meant.
 *
 * <p>Of very many names only the {@value #MOST_COMPARED} are compared letter by letter whose
 * letters differ least in number, so that the work is bounded by the length of the list.
 */
public final class Nearest {

  private static final int MOST = 3;
  private static final int LONGEST = 200;
  private static final int MOST_COMPARED = 500;
  private static final int KINDS = 128;

  private record Candidate(String name, int distance) {}

  private Nearest() {}

  /** At most three of {@code known}, the nearest by edit distance first. */
  public static List<String> to(String name, Collection<String> known) {
    var wanted = head(name);
    return likely(wanted, known).stream()
        .map(k -> new Candidate(k, distance(wanted, head(k))))
        .filter(c -> c.distance() <= Math.max(2, Math.max(wanted.length(), c.name().length()) / 2))
        .sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
        .limit(MOST)
        .map(Candidate::name)
        .toList();
  }

  private static Collection<String> likely(String wanted, Collection<String> known) {
    if (known.size() <= MOST_COMPARED) {
      return known;
    }
    var letters = letters(wanted);
    return known.stream()
        .map(k -> new Candidate(k, leastDistance(letters, letters(head(k)))))
        .sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
        .limit(MOST_COMPARED)
        .map(Candidate::name)
        .toList();
  }

  private static int[] letters(String name) {
    var counts = new int[KINDS];
    for (int i = 0; i < name.length(); i++) {
      counts[name.charAt(i) % KINDS]++;
    }
    return counts;
  }

  /** A bound below the edit distance: an edit changes one letter into another at most. */
  private static int leastDistance(int[] a, int[] b) {
    int more = 0;
    int less = 0;
    for (int i = 0; i < KINDS; i++) {
      more += Math.max(0, a[i] - b[i]);
      less += Math.max(0, b[i] - a[i]);
    }
    return Math.max(more, less);
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
