package dev.mmib.cli;

import dev.mmib.cli.report.ReportData.Answer;
import dev.mmib.cli.report.ReportData.Attention;
import dev.mmib.cli.report.ReportData.Link;
import dev.mmib.cli.report.ReportData.Mark;
import dev.mmib.cli.report.ReportData.PostCard;
import dev.mmib.cli.report.ReportData.Reading;
import dev.mmib.cli.report.ReportData.Slot;
import dev.mmib.cli.report.Thumbnail;
import dev.mmib.data.Span;
import dev.mmib.predict.Entity;
import dev.mmib.predict.Look;
import dev.mmib.train.EvaluatedRow;
import dev.mmib.train.EvaluatedRow.Pair;
import dev.mmib.train.EvaluatedRow.Sentence;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Evaluated rows as cards of a report.
 *
 * @param looks by row, what looked at which picture; rows without are shown without
 */
record RowCards(List<EvaluatedRow> rows, Map<Integer, List<Look>> looks) {

  /** Of a relation's answers this many are shown, and the right one. */
  private static final int ANSWERS = 3;

  /** Attention below this is as good as none: a missing crop without it is not shown. */
  private static final double NO_WEIGHT = 0.005;

  /** A row as one model read it. */
  PostCard card(int row) {
    return card(row, List.of(Map.entry("", rows.get(row))));
  }

  /** A row as two models read it. */
  PostCard card(int row, EvaluatedRow other) {
    return card(row, List.of(Map.entry("this model", rows.get(row)), Map.entry("other", other)));
  }

  private PostCard card(int row, List<Map.Entry<String, EvaluatedRow>> readers) {
    var shown = rows.get(row);
    var readings = new ArrayList<Reading>();
    var links = new ArrayList<Link>();
    var truth = Optional.<List<Mark>>empty();
    var losses = new ArrayList<String>();
    for (var reader : readers) {
      if (reader.getValue() instanceof Sentence sentence) {
        readings.add(new Reading(reader.getKey(), marks(sentence.tokens(), sentence.found())));
      } else if (reader.getValue() instanceof Pair pair) {
        links.add(link(reader.getKey(), pair));
      }
      losses.add(String.format(Locale.ROOT, "%.2f", reader.getValue().loss()));
    }
    if (shown instanceof Sentence sentence) {
      truth = Optional.of(marks(sentence.tokens(), sentence.gold()));
    } else if (shown instanceof Pair pair) {
      readings.add(new Reading("", ends(pair)));
    }
    var seen = looks.getOrDefault(row, List.of());
    var slots = slots(shown, seen);
    return new PostCard(
        shown.place(),
        String.join(" ", shown.tokens()),
        readings,
        truth,
        links,
        slots.stream().map(slot -> picture(shown, slot)).toList(),
        seen.stream().map(look -> attention(shown.tokens(), look, slots)).toList(),
        "loss " + String.join(" and ", losses));
  }

  private static List<Mark> marks(List<String> tokens, List<Entity> entities) {
    return entities.stream()
        .map(
            entity ->
                mark(
                    tokens,
                    new Span(entity.start(), entity.end()),
                    entity.type(),
                    OptionalDouble.of(entity.score())))
        .filter(RowCards::hasText)
        .toList();
  }

  private static Mark mark(List<String> tokens, Span run, String type, OptionalDouble score) {
    return new Mark(offset(tokens, run.start()), offset(tokens, run.end()) - 1, type, score);
  }

  /** Where a token begins in the text of all, joined by blanks. */
  private static int offset(List<String> tokens, int token) {
    return tokens.subList(0, token).stream().mapToInt(word -> word.length() + 1).sum();
  }

  /** Head and tail; only the head where the two overlap. */
  private static List<Mark> ends(Pair pair) {
    var marks = new ArrayList<Mark>();
    marks.add(mark(pair.tokens(), pair.head(), "head", OptionalDouble.empty()));
    if (!pair.tail().overlaps(pair.head())) {
      marks.add(mark(pair.tokens(), pair.tail(), "tail", OptionalDouble.empty()));
    }
    marks.removeIf(mark -> !hasText(mark));
    return marks;
  }

  /** A data set may hold empty tokens, of which nothing can be marked. */
  private static boolean hasText(Mark mark) {
    return mark.start() < mark.end();
  }

  private static Link link(String by, Pair pair) {
    var answers = new ArrayList<Answer>();
    for (var candidate : pair.candidates()) {
      if (answers.size() < ANSWERS || candidate.relation().equals(pair.gold())) {
        answers.add(new Answer(candidate.relation(), candidate.score()));
      }
    }
    return new Link(
        by,
        words(pair.tokens(), pair.head()),
        words(pair.tokens(), pair.tail()),
        pair.gold(),
        answers);
  }

  private static String words(List<String> tokens, Span run) {
    return String.join(" ", tokens.subList(run.start(), run.end()));
  }

  /** The slots to show: the whole picture, crops that are there, and any that was looked at. */
  private static List<Integer> slots(EvaluatedRow row, List<Look> looks) {
    var slots = new ArrayList<>(List.of(0));
    for (int c = 0; c < row.pictures().crops().size(); c++) {
      int slot = c + 1;
      boolean there = row.pictures().crops().get(c).isPresent();
      if (there || looks.stream().anyMatch(look -> weight(look, slot) >= NO_WEIGHT)) {
        slots.add(slot);
      }
    }
    return slots;
  }

  private static double weight(Look look, int slot) {
    return slot < look.slots().length ? look.slots()[slot] : 0;
  }

  private static Slot picture(EvaluatedRow row, int slot) {
    return slot == 0
        ? Thumbnail.of("picture", row.pictures().whole())
        : Thumbnail.of("crop " + slot, row.pictures().crops().get(slot - 1));
  }

  private static Attention attention(List<String> tokens, Look look, List<Integer> slots) {
    return new Attention(
        words(tokens, look.place()), slots.stream().mapToDouble(s -> weight(look, s)).toArray());
  }
}
