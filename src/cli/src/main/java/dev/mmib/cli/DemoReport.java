package dev.mmib.cli;

import dev.mmib.cli.DemoTraining.Run;
import dev.mmib.cli.report.ReportData;
import dev.mmib.cli.report.ReportData.Answer;
import dev.mmib.cli.report.ReportData.Attention;
import dev.mmib.cli.report.ReportData.Bar;
import dev.mmib.cli.report.ReportData.Curve;
import dev.mmib.cli.report.ReportData.Link;
import dev.mmib.cli.report.ReportData.Mark;
import dev.mmib.cli.report.ReportData.PostCard;
import dev.mmib.cli.report.ReportData.Reading;
import dev.mmib.cli.report.ReportData.Slot;
import dev.mmib.data.DataDirectory;
import dev.mmib.data.NerExample;
import dev.mmib.data.PictureFiles;
import dev.mmib.data.ReadOptions;
import dev.mmib.data.RelationExample;
import dev.mmib.data.Span;
import dev.mmib.data.Split;
import dev.mmib.demo.Attainable;
import dev.mmib.demo.DemoData;
import dev.mmib.error.ErrorCode;
import dev.mmib.io.InputFile;
import dev.mmib.predict.Extraction;
import dev.mmib.predict.Extractor;
import dev.mmib.predict.Look;
import dev.mmib.predict.Picture;
import dev.mmib.predict.Post;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** The demonstration as a page: scores, curves, and posts that no model saw in training. */
final class DemoReport {

  private static final int CARDS = 10;
  private static final int CROPS = 1;
  private static final int LARGEST_PICTURE = 1 << 20;

  private final List<ReportData.Section> sections = new ArrayList<>();

  /** Adds what the trainings of one task came to. */
  void add(String task, Attainable attainable, List<Run> runs) {
    var bars = new ArrayList<Bar>();
    for (var run : runs) {
      double best =
          run.variant() == DemoTraining.Variant.TEXT_ONLY
              ? attainable.textOnlyF1()
              : attainable.f1();
      bars.add(Bar.of(task, run.variant().title(), run.test().f1(), best));
    }
    sections.add(
        new ReportData.Scores(
            task + ": F1 on posts that were not seen in training",
            "The mark shows what the best possible reader would reach: it follows from how the"
                + " posts were made.",
            bars));
    sections.add(
        new ReportData.Curves(
            task + ": loss",
            "Of the task alone, per step of training.",
            "step",
            "loss",
            runs.stream().map(run -> curve(run.variant().title(), run.loss(), 1)).toList()));
    sections.add(
        new ReportData.Curves(
            task + ": F1 on the dev set",
            "After each epoch; the best one's model is kept.",
            "epoch",
            "F1",
            runs.stream().map(run -> curve(run.variant().title(), run.devF1(), 1)).toList()));
  }

  private static Curve curve(String name, List<Double> values, int first) {
    return new Curve(
        name,
        IntStream.range(first, first + values.size()).asDoubleStream().toArray(),
        values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** Adds posts of the test split with the entities found in them. */
  void addEntities(Extractor extractor, Path data, List<DemoData.Truth> truths) {
    var directory = DataDirectory.open(data);
    var rows = directory.ner(Split.TEST, ReadOptions.strict()).rows();
    var cards = new ArrayList<PostCard>();
    for (int row : interesting(truths)) {
      var example = rows.get(row);
      var files = directory.pictures(example, Split.TEST, CROPS);
      var post = post(example.tokens(), files);
      var found = extractor.extract(post);
      cards.add(
          card(
              example.tokens(),
              found,
              Optional.of(gold(example)),
              List.of(),
              files,
              extractor.looks(post),
              truths.get(row)));
    }
    sections.add(
        new ReportData.Posts(
            "Entities in unseen posts",
            "Most names could be anything; the picture tells which. Beside each picture: how much"
                + " the entity looked at it.",
            cards));
  }

  /** Adds posts of the test split with the relation found in each. */
  void addRelations(Extractor extractor, Path data, List<DemoData.Truth> truths) {
    var directory = DataDirectory.open(data);
    var rows = directory.relations(Split.TEST, ReadOptions.strict()).rows();
    var cards = new ArrayList<PostCard>();
    for (int row : interesting(truths)) {
      var example = rows.get(row);
      var files = directory.pictures(example, Split.TEST, CROPS);
      var post = post(example.tokens(), files).withPair(example.head(), example.tail());
      var found = extractor.extract(post);
      cards.add(
          card(
              example.tokens(),
              found,
              Optional.empty(),
              links(example, found),
              files,
              extractor.looks(post),
              truths.get(row)));
    }
    sections.add(
        new ReportData.Posts(
            "Relations in unseen posts",
            "What connects the two people is mostly left open by the words and shown by the"
                + " picture.",
            cards));
  }

  /** The arguments by which a model is asked about a post whose picture decides. */
  static List<String> example(Path model, Path data, List<DemoData.Truth> truths) {
    var directory = DataDirectory.open(data);
    var post =
        directory.ner(Split.TEST, ReadOptions.strict()).rows().get(interesting(truths).get(0));
    var arguments = new ArrayList<>(List.of("predict", "--model", model.toString()));
    arguments.addAll(List.of("--text", String.join(" ", post.tokens())));
    directory
        .pictures(post, Split.TEST, 0)
        .whole()
        .ifPresent(picture -> arguments.addAll(List.of("--image", picture.toString())));
    return arguments;
  }

  ReportData data(String subtitle, List<ReportData.Fact> facts) {
    return new ReportData("MMIB demonstration", subtitle, facts, sections);
  }

  /** Rows to show: mostly those that need their picture, some that must do without. */
  private static List<Integer> interesting(List<DemoData.Truth> truths) {
    var chosen = new ArrayList<Integer>();
    addFirst(chosen, truths, CARDS - 4, true, false);
    addFirst(chosen, truths, 2, false, false);
    addFirst(chosen, truths, 2, false, true);
    chosen.sort(Integer::compare);
    return chosen;
  }

  private static void addFirst(
      List<Integer> chosen,
      List<DemoData.Truth> truths,
      int count,
      boolean relevant,
      boolean textTells) {
    IntStream.range(0, truths.size())
        .filter(i -> truths.get(i).relevant() == relevant)
        .filter(i -> truths.get(i).textTells() == textTells)
        .limit(count)
        .forEach(chosen::add);
  }

  private static Post post(List<String> tokens, PictureFiles files) {
    var post = Post.ofTokens(tokens);
    if (files.whole().isPresent()) {
      post = post.withPicture(Picture.of(files.whole().get()));
    }
    return post.withCrops(
        files.crops().stream().flatMap(Optional::stream).map(Picture::of).toList());
  }

  private static PostCard card(
      List<String> tokens,
      Extraction found,
      Optional<List<Mark>> gold,
      List<Link> links,
      PictureFiles files,
      List<Look> looks,
      DemoData.Truth truth) {
    var marks =
        found.entities().stream()
            .map(e -> mark(tokens, new Span(e.start(), e.end()), e.type(), e.score()))
            .toList();
    var slots = slots(files);
    var attention =
        looks.stream()
            .filter(look -> slots.size() <= look.slots().length)
            .map(look -> attention(tokens, look, slots.size()))
            .toList();
    return new PostCard(
        truth.imageId(),
        String.join(" ", tokens),
        List.of(new Reading("", marks)),
        gold,
        links,
        slots,
        attention,
        "The picture shows: " + truth.shows() + (truth.relevant() ? "" : " (irrelevant)"));
  }

  private static Mark mark(List<String> tokens, Span run, String type, double score) {
    int start = offset(tokens, run.start());
    int end = offset(tokens, run.end()) - 1;
    return new Mark(
        start, end, type, Double.isNaN(score) ? OptionalDouble.empty() : OptionalDouble.of(score));
  }

  /** Where a token begins in the text of all, joined by blanks. */
  private static int offset(List<String> tokens, int token) {
    return tokens.subList(0, token).stream().mapToInt(word -> word.length() + 1).sum();
  }

  private static List<Mark> gold(NerExample example) {
    var marks = new ArrayList<Mark>();
    var labels = example.labels();
    for (int i = 0; i < labels.size(); ) {
      int end = i + 1;
      if (labels.get(i).startsWith("B-")) {
        var type = labels.get(i).substring(2);
        while (end < labels.size() && labels.get(end).equals("I-" + type)) {
          end++;
        }
        marks.add(mark(example.tokens(), new Span(i, end), type, Double.NaN));
      }
      i = end;
    }
    return marks;
  }

  private static List<Link> links(RelationExample example, Extraction found) {
    return found.relations().stream()
        .map(
            relation ->
                new Link(
                    "",
                    words(example.tokens(), relation.head()),
                    words(example.tokens(), relation.tail()),
                    example.relation(),
                    List.of(new Answer(relation.type(), relation.score()))))
        .toList();
  }

  private static String words(List<String> tokens, Span run) {
    return String.join(" ", tokens.subList(run.start(), run.end()));
  }

  private static List<Slot> slots(PictureFiles files) {
    var slots = new ArrayList<Slot>();
    files.whole().ifPresent(file -> slots.add(slot("picture", file)));
    for (int i = 0; i < files.crops().size(); i++) {
      int number = i + 1;
      files.crops().get(i).ifPresent(file -> slots.add(slot("crop " + number, file)));
    }
    return slots;
  }

  private static Slot slot(String name, Path file) {
    return new Slot(name, InputFile.bytes(file, LARGEST_PICTURE, ErrorCode.IMAGE));
  }

  private static Attention attention(List<String> tokens, Look look, int slots) {
    var weights = new double[slots];
    for (int i = 0; i < slots; i++) {
      weights[i] = look.slots()[i];
    }
    return new Attention(words(tokens, look.place()), weights);
  }
}
