package dev.mmib.cli.report;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a report says, without how it looks.
 *
 * @param subtitle one or two sentences under the title
 * @param facts short things such as device, time, seed
 */
public record ReportData(String title, String subtitle, List<Fact> facts, List<Section> sections) {

  public ReportData {
    facts = List.copyOf(facts);
    sections = List.copyOf(sections);
  }

  /** A name and a value. */
  public record Fact(String name, String value) {}

  /** One part of the page. */
  public sealed interface Section
      permits Scores, Curves, Table, Posts, HeatTable, Reliability, Intervals {
    String title();

    /** A sentence or two of explanation; may be empty. */
    String text();
  }

  /** Bars from 0 to 1. */
  public record Scores(String title, String text, List<Bar> bars) implements Section {
    public Scores {
      bars = List.copyOf(bars);
    }
  }

  /**
   * One bar.
   *
   * @param group bars of one group stand together under this name; may be empty
   * @param value 0 to 1
   * @param attainable where a mark shows what could be reached at best
   */
  public record Bar(String group, String name, double value, OptionalDouble attainable) {
    public Bar {
      checkShare(value);
      attainable.ifPresent(Bar::checkShare);
    }

    private static void checkShare(double value) {
      if (!(value >= 0 && value <= 1)) {
        throw new IllegalArgumentException("Bar: " + value + " vs 0 to 1");
      }
    }

    public static Bar of(String group, String name, double value, double attainable) {
      return new Bar(group, name, value, OptionalDouble.of(attainable));
    }

    public static Bar of(String group, String name, double value) {
      return new Bar(group, name, value, OptionalDouble.empty());
    }
  }

  /** Lines over a common axis. */
  public record Curves(String title, String text, String xName, String yName, List<Curve> curves)
      implements Section {
    public Curves {
      curves = List.copyOf(curves);
    }
  }

  /** One line; points that are not finite are left out. */
  public record Curve(String name, double[] x, double[] y) {
    public Curve {
      if (x.length != y.length) {
        throw new IllegalArgumentException("Curve: " + x.length + " x vs " + y.length + " y");
      }
    }
  }

  /** A table; the first column holds names, the others numbers. */
  public record Table(String title, String text, List<String> header, List<List<String>> rows)
      implements Section {
    public Table {
      header = List.copyOf(header);
      rows = rows.stream().map(List::copyOf).toList();
    }
  }

  /** Posts, each with its pictures and what was found in it. */
  public record Posts(String title, String text, List<PostCard> cards) implements Section {
    public Posts {
      cards = List.copyOf(cards);
    }
  }

  /**
   * One post.
   *
   * @param readings entities as they were marked, by one model or more
   * @param truth entities as they should be; empty where that is unknown
   * @param links relations found, or to be found
   * @param pictures the visual slots in their order, the whole picture first
   * @param attention what looked at which slot
   * @param note such as what the picture shows; may be empty
   */
  public record PostCard(
      String id,
      String text,
      List<Reading> readings,
      Optional<List<Mark>> truth,
      List<Link> links,
      List<Slot> pictures,
      List<Attention> attention,
      String note) {

    public PostCard {
      readings =
          readings.stream()
              .map(r -> new Reading(r.name(), sorted("found", text, r.marks())))
              .toList();
      truth = truth.map(marks -> sorted("truth", text, marks));
      links = List.copyOf(links);
      pictures = List.copyOf(pictures);
      attention = List.copyOf(attention);
      for (Attention a : attention) {
        if (a.weights().length != pictures.size()) {
          throw new IllegalArgumentException(
              "PostCard: " + a.weights().length + " weights vs " + pictures.size() + " pictures");
        }
      }
    }

    private static List<Mark> sorted(String what, String text, List<Mark> marks) {
      List<Mark> sorted =
          marks.stream().sorted(java.util.Comparator.comparingInt(Mark::start)).toList();
      int end = 0;
      for (Mark mark : sorted) {
        if (mark.start() < end || mark.end() <= mark.start() || mark.end() > text.length()) {
          throw new IllegalArgumentException(
              String.format(
                  "PostCard: %s [%d, %d) overlaps another one or is not within 0 to %d",
                  what, mark.start(), mark.end(), text.length()));
        }
        end = mark.end();
      }
      return sorted;
    }
  }

  /** A text's marks as one reader set them; the name may be empty where there is one reader. */
  public record Reading(String name, List<Mark> marks) {
    public Reading {
      marks = List.copyOf(marks);
    }
  }

  /** A marked part of a text, in code units; the score may be absent. */
  public record Mark(int start, int end, String type, OptionalDouble score) {
    public static Mark of(int start, int end, String type) {
      return new Mark(start, end, type, OptionalDouble.empty());
    }

    /** Whether both mark the same part with the same type. */
    boolean sameAs(Mark other) {
      return start == other.start && end == other.end && type.equals(other.type);
    }
  }

  /**
   * A relation between two parts of the text.
   *
   * @param by who says so; may be empty where there is one reader
   * @param truth empty where it is unknown
   * @param answers the most probable one first, which is what was found
   */
  public record Link(String by, String head, String tail, String truth, List<Answer> answers) {
    public Link {
      answers = List.copyOf(answers);
      if (answers.isEmpty()) {
        throw new IllegalArgumentException("Link: 0 answers vs at least 1: give what was found");
      }
    }

    Answer found() {
      return answers.get(0);
    }
  }

  /** A relation that could hold, and its probability. */
  public record Answer(String type, double score) {}

  /**
   * A picture file's bytes, and what it is called.
   *
   * @param problem said in its place where there are no bytes
   */
  public record Slot(String name, byte[] file, String problem) {
    public Slot(String name, byte[] file) {
      this(name, file, "no picture");
    }
  }

  /** How much the part of the text called {@code name} looked at each picture. */
  public record Attention(String name, double[] weights) {}
}
