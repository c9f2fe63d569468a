package dev.mmib.score;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.List;

/** The entities that a sequence of labels spells. */
public final class LabelSpans {

  /**
   * One entity.
   *
   * @param first its first position
   * @param last its last position, inclusive
   */
  public record LabelSpan(String type, int first, int last) {}

  private LabelSpans() {}

  /**
   * Entities as seqeval 1.2.2 reads them by default, after conlleval.
   *
   * <p>An I- that starts a chunk or changes its type opens a new entity. Any label has a tag (its
   * first character) and a type (what follows the first hyphen, else the rest, else {@code _}), so
   * X, [CLS], [SEP] and PAD count too, with types {@code _}, {@code CLS]}, {@code SEP]}, {@code
   * AD}.
   */
  public static List<LabelSpan> lenient(List<String> labels) {
    var spans = new ArrayList<LabelSpan>();
    char previousTag = 'O';
    String previousType = "";
    int begin = 0;
    for (int i = 0; i <= labels.size(); i++) {
      String label = i < labels.size() ? labels.get(i) : "O";
      char tag = tag(label);
      String type = type(label);
      if (ends(previousTag, tag, previousType, type)) {
        spans.add(new LabelSpan(previousType, begin, i - 1));
      }
      if (starts(previousTag, tag, previousType, type)) {
        begin = i;
      }
      previousTag = tag;
      previousType = type;
    }
    return spans;
  }

  /** Entities of strict IOB2: B- opens one, I- of the same type goes on, all else ends it. */
  public static List<LabelSpan> strict(List<String> labels) {
    var spans = new ArrayList<LabelSpan>();
    for (int i = 0; i < labels.size(); i++) {
      checkStrict(labels.get(i));
      if (tag(labels.get(i)) == 'B') {
        int last = i;
        while (last + 1 < labels.size() && continues(labels.get(i), labels.get(last + 1))) {
          last++;
        }
        spans.add(new LabelSpan(strictType(labels.get(i)), i, last));
      }
    }
    return spans;
  }

  private static boolean continues(String first, String next) {
    return tag(next) == 'I' && strictType(next).equals(strictType(first));
  }

  private static void checkStrict(String label) {
    char tag = tag(label);
    if (tag != 'B' && tag != 'I' && tag != 'O') {
      throw MmibException.of(
          ErrorCode.LABELS,
          "strict scoring knows labels that start with B, I or O, not "
              + MmibException.quote(label),
          "Use lenient scoring, which the published results use");
    }
  }

  private static char tag(String label) {
    if (label.isEmpty()) {
      throw new IllegalArgumentException("LabelSpans: an empty label: use O");
    }
    return label.charAt(0);
  }

  private static String type(String label) {
    String rest = label.substring(1);
    String type = rest.substring(rest.indexOf('-') + 1);
    return type.isEmpty() ? "_" : type;
  }

  private static String strictType(String label) {
    String type = label.substring(1);
    int from = 0;
    int to = type.length();
    while (from < to && type.charAt(from) == '-') {
      from++;
    }
    while (to > from && type.charAt(to - 1) == '-') {
      to--;
    }
    return from == to ? "_" : type.substring(from, to);
  }

  private static boolean ends(char before, char tag, String typeBefore, String type) {
    return before == 'E'
        || before == 'S'
        || (before == 'B' || before == 'I') && (tag == 'B' || tag == 'S' || tag == 'O')
        || before != 'O' && before != '.' && !typeBefore.equals(type);
  }

  private static boolean starts(char before, char tag, String typeBefore, String type) {
    return tag == 'B'
        || tag == 'S'
        || (before == 'E' || before == 'S' || before == 'O') && (tag == 'E' || tag == 'I')
        || tag != 'O' && tag != '.' && !typeBefore.equals(type);
  }
}
