package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reader of sentences with two marked entities and their relation, as MNRE has them.
 *
 * <p>One Python dict per line, or one JSON object: {@code token}, a list of words; {@code h} and
 * {@code t}, each with {@code name} and {@code pos} [start, end); {@code img_id}; {@code relation}.
 * Blank lines are left out; further keys are ignored.
 */
public final class MnreRelations {

  private static final String CURE =
      "A row has token, h and t with name and pos, img_id and relation.";
  private static final Set<String> MARKERS = Set.of("<s>", "</s>", "<o>", "</o>");

  private final LineReader lines;
  private final String file;
  private final Findings findings;
  private final @Nullable RelationSet known;
  private int index;
  private int rows;

  private MnreRelations(
      LineReader lines, String file, Findings findings, @Nullable RelationSet known) {
    this.lines = lines;
    this.file = file;
    this.findings = findings;
    this.known = known;
  }

  /** Reads a whole file, with any relations. */
  public static Rows<RelationExample> read(Path file, ReadOptions options) {
    return read(file, options, null);
  }

  /** Reads a whole file; a relation that is not {@code known} makes a row invalid. */
  public static Rows<RelationExample> read(
      Path file, ReadOptions options, @Nullable RelationSet known) {
    var rows = new ArrayList<RelationExample>();
    ReadReport report = forEach(file, options, known, rows::add);
    return new Rows<>(rows, report);
  }

  /** Gives each row to {@code out} as it is read, in memory that the longest one decides. */
  public static ReadReport forEach(
      Path file, ReadOptions options, @Nullable RelationSet known, Consumer<RelationExample> out) {
    var findings = new Findings(file.toString(), ErrorCode.MNRE);
    try (var lines = new LineReader(file, ErrorCode.MNRE)) {
      var reader = new MnreRelations(lines, file.toString(), findings, known);
      while (reader.rows < options.limit() && lines.advance()) {
        RelationExample example = reader.line();
        if (example != null) {
          reader.rows++;
          out.accept(example);
        }
      }
      return findings.report(reader.rows, options);
    }
  }

  /** The row on a line; null where the line is blank or cannot be used. */
  private @Nullable RelationExample line() {
    try {
      String text = lines.text();
      if (text.isBlank()) {
        return null;
      }
      RelationExample example = example(PythonLiteral.parse(text, file, lines.number()));
      index++;
      return example;
    } catch (MmibException e) {
      findings.invalid(e.position() == null ? lines.place() : e.position(), e);
      index++;
      return null;
    }
  }

  private RelationExample example(Object row) {
    Map<?, ?> dict = dict("the row", row);
    List<String> tokens = new ArrayList<>();
    for (Object token : list("token", dict.get("token"))) {
      tokens.add(string("token", token));
    }
    if (tokens.isEmpty()) {
      throw invalid("token is empty");
    }
    Map<?, ?> head = dict("h", dict.get("h"));
    Map<?, ?> tail = dict("t", dict.get("t"));
    Span headSpan = span("h", head, tokens.size());
    Span tailSpan = span("t", tail, tokens.size());
    String headName = string("the name of h", head.get("name"));
    String tailName = string("the name of t", tail.get("name"));
    String image = string("img_id", dict.get("img_id"));
    String complaint = ImageNames.complaint(image);
    if (complaint != null) {
      throw invalid(complaint);
    }
    String relation = string("relation", dict.get("relation"));
    if (relation.isEmpty() || (known != null && !known.contains(relation))) {
      throw invalid("the relation " + MmibException.quote(relation) + " is not in rel2id.json");
    }
    countOddities(findings, lines.place(), tokens, headSpan, tailSpan);
    countName("h", headName, headSpan, tokens);
    countName("t", tailName, tailSpan, tokens);
    return new RelationExample(
        String.valueOf(index),
        index,
        tokens,
        headSpan,
        tailSpan,
        relation,
        image,
        findings.place(lines.place()));
  }

  static void countOddities(
      Findings findings, String place, List<String> tokens, Span head, Span tail) {
    if (head.equals(tail)) {
      findings.add(Finding.Kind.EQUAL_SPANS, place, "head and tail are the same tokens, " + head);
    } else if (head.overlaps(tail)) {
      findings.add(
          Finding.Kind.OVERLAPPING_SPANS, place, "head " + head + " and tail " + tail + " overlap");
    }
    for (String token : tokens) {
      String lower = token.toLowerCase(Locale.ROOT);
      if (MARKERS.stream().anyMatch(lower::contains)) {
        findings.add(
            Finding.Kind.MARKER_IN_TEXT,
            place,
            "the token " + MmibException.quote(token) + " holds a relation marker");
      }
    }
  }

  private void countName(String key, String name, Span span, List<String> tokens) {
    String text = String.join(" ", tokens.subList(span.start(), span.end()));
    if (!name.equals(text)) {
      findings.add(
          Finding.Kind.NAME_DIFFERS,
          lines.place(),
          "the name of "
              + key
              + " is "
              + MmibException.quote(name)
              + ", its tokens are "
              + MmibException.quote(text));
    }
  }

  private MmibException invalid(String what) {
    return MmibException.at(file, lines.place(), ErrorCode.MNRE, what, CURE);
  }

  private Span span(String key, Map<?, ?> entity, int tokens) {
    List<?> pos = list("pos of " + key, entity.get("pos"));
    if (pos.size() != 2
        || !(pos.get(0) instanceof Long start)
        || !(pos.get(1) instanceof Long end)) {
      throw invalid("pos of " + key + " is not two whole numbers");
    }
    if (start < 0 || start >= end || end > tokens) {
      throw invalid(
          "pos of "
              + key
              + " ["
              + start
              + ", "
              + end
              + ") is not a run of the "
              + tokens
              + " tokens");
    }
    return new Span(start.intValue(), end.intValue());
  }

  private Map<?, ?> dict(String key, @Nullable Object value) {
    if (value instanceof Map<?, ?> dict) {
      return dict;
    }
    throw invalid("expected a dict for " + key + ", got " + PythonLiteral.kind(value));
  }

  private List<?> list(String key, @Nullable Object value) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw invalid("expected a list for " + key + ", got " + PythonLiteral.kind(value));
  }

  private String string(String key, @Nullable Object value) {
    if (value instanceof String string) {
      return string;
    }
    throw invalid("expected a string for " + key + ", got " + PythonLiteral.kind(value));
  }
}
