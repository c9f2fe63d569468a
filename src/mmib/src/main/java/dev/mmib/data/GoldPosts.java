package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reads rows of posts into examples: what both tasks' readers share.
 *
 * @param <E> examples
 */
abstract class GoldPosts<E> {

  /** A post of a row. */
  record Post(String id, Words words, NamedPictures pictures, JsonObject row) {}

  private static final Set<String> KEYS =
      Set.of(
          "id",
          "text",
          "tokens",
          "image",
          "crops",
          "entities",
          "relations",
          "head",
          "tail",
          "relation",
          "warnings",
          "device");

  private final ReadOptions options;
  private final Findings findings;
  private final Map<String, Integer> ids = new HashMap<>();
  private String place = "";
  private int number;
  private int rows;

  GoldPosts(Path file, ReadOptions options) {
    this.options = options;
    this.findings = new Findings(file.toString(), ErrorCode.POST);
  }

  /** The examples of a post. */
  abstract List<E> examples(Post post);

  final ReadReport readAll(Path file, Consumer<E> out) {
    try (var source = PostSource.open(file)) {
      while (rows < options.limit() && source.advance()) {
        place = source.place();
        number++;
        for (E example : examples(source)) {
          if (rows < options.limit()) {
            rows++;
            out.accept(example);
          }
        }
      }
      return findings.report(rows, options);
    }
  }

  private List<E> examples(PostSource source) {
    try {
      return examples(post(source.row()));
    } catch (MmibException e) {
      findings.invalid(e.position() == null ? place : e.position(), e);
      return List.of();
    }
  }

  private Post post(JsonObject row) {
    for (var key : row.keys()) {
      if (!KEYS.contains(key)) {
        findings.add(Finding.Kind.UNKNOWN_KEY, place, "the key " + MmibException.quote(key));
      }
    }
    if (row.absent("text") == row.absent("tokens")) {
      throw row.error("needs one of 'text' and 'tokens'", "Give exactly one of them.");
    }
    var words =
        row.absent("text")
            ? Words.ofTokens(tokens(row.array("tokens")))
            : Words.of(row.string("text"));
    if (words.isEmpty()) {
      throw row.error("there is no word", "Leave the row out.");
    }
    return new Post(id(row), words, pictures(row), row);
  }

  private static List<String> tokens(JsonArray array) {
    for (var token : array) {
      if (token.asString().isEmpty()) {
        throw token.error("the token is empty", "Leave it out.");
      }
    }
    return array.strings();
  }

  /** Unique, with a number where the row's own is not. */
  private String id(JsonObject row) {
    var id = Integer.toString(number);
    var given = row.find("id");
    if (given != null && !given.isNull()) {
      // A string or a number: anything else is refused as no number.
      id = given.toString().startsWith("\"") ? given.asString() : given.asNumberLiteral();
    }
    return unique(id);
  }

  final String unique(String id) {
    int occurrence = ids.merge(id, 1, Integer::sum);
    return occurrence > 1 ? id + "#" + occurrence : id;
  }

  private static NamedPictures pictures(JsonObject row) {
    var crops = new ArrayList<String>();
    if (!row.absent("crops")) {
      row.array("crops").items().forEach(crop -> crops.add(path(crop)));
    }
    return new NamedPictures(row.absent("image") ? "" : path(row.at("image")), crops);
  }

  private static String path(JsonValue value) {
    var complaint = ImageNames.complaintAboutPath(value.asString());
    if (complaint != null) {
      throw value.error(complaint, "Put pictures beside the file and name them relative to it.");
    }
    return value.asString();
  }

  /** Where the current row is, with its file. */
  final String rowPlace() {
    return findings.place(place);
  }

  final int nextRow() {
    return rows;
  }

  final void found(Finding.Kind kind, String what) {
    findings.add(kind, place, what);
  }

  final void countOddities(Words words, Span head, Span tail) {
    MnreRelations.countOddities(findings, place, words.words(), head, tail);
  }

  /** The [start, end] of a span. */
  static Span span(JsonValue value) {
    int[] ends = value.asArray().ints();
    if (ends.length != 2) {
      throw value.error("is not [start, end]", "The end is exclusive.");
    }
    return span(value, ends[0], ends[1]);
  }

  static Span span(JsonValue at, int start, int end) {
    if (start < 0 || end <= start) {
      throw at.error(
          "[" + start + ", " + end + ") is not a span: 0 <= start < end", "The end is exclusive.");
    }
    return new Span(start, end);
  }

  /**
   * The words at a place. One that cuts words is refused with the nearest that does not; a lenient
   * reader takes the whole words and counts.
   */
  final Span run(JsonValue at, Words words, Span place, String what) {
    var run = words.touched(place);
    if (place.end() > words.length() || run == null) {
      var nearest = words.nearest(place);
      var wrong = run == null ? " holds no word" : " reaches beyond the post";
      throw at.error(
          what + " " + place + wrong + "; the nearest word is " + shown(words, nearest),
          words.unit());
    }
    if (!words.place(run).equals(place)) {
      var moved = what + " " + place + " does not begin and end with words";
      var nearest = "the nearest that does is " + shown(words, run);
      if (!options.lenient()) {
        throw at.error(moved + "; " + nearest, words.unit() + " The end is exclusive.");
      }
      found(Finding.Kind.SNAPPED_SPAN, moved + "; " + nearest + " and was taken");
    }
    return run;
  }

  static String shown(Words words, Span run) {
    return words.place(run) + " " + MmibException.quote(words.textAt(run));
  }
}
