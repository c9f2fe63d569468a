package dev.mmib.cli;

import dev.mmib.data.RelationSet;
import dev.mmib.data.Span;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.InputFile;
import dev.mmib.io.Json;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.predict.Extraction;
import dev.mmib.predict.Extractor;
import dev.mmib.predict.Outcome;
import dev.mmib.predict.Picture;
import dev.mmib.predict.Post;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Extracts entities and relations from posts. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    description = "Extracts entities and relations from a post, or from a file of posts.")
final class PredictCommand implements Callable<Integer> {

  /** Rows that are read before the first of them is computed. */
  private static final int ROWS = 64;

  private final Console console;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "A trained model; given twice, one NER and one RE model work together.")
  private List<Path> models = List.of();

  @Option(names = "--text", paramLabel = "T", description = "The text of one post.")
  private @Nullable String text;

  @Option(names = "--image", paramLabel = "F", description = "Its picture.")
  private @Nullable Path image;

  @Option(names = "--crop", paramLabel = "F", description = "A part of the picture; repeatable.")
  private List<Path> crops = List.of();

  @Option(
      names = "--head",
      paramLabel = "S:E",
      description = "One entity of the pair, in code units of the text, the end exclusive.")
  private @Nullable String head;

  @Option(names = "--tail", paramLabel = "S:E", description = "The other entity.")
  private @Nullable String tail;

  @Option(
      names = "--input",
      paramLabel = "F",
      description = "posts.jsonl, or - for standard input; a post a line.")
  private @Nullable String input;

  @Option(
      names = "--output",
      paramLabel = "F",
      description = "Where results go. Default: standard output.")
  private @Nullable Path output;

  @Option(names = "--overwrite", description = "Replace the output file.")
  private boolean overwrite;

  @Option(names = "--json", description = "One JSON object a post.")
  private boolean json;

  @Option(
      names = "--with-posts",
      description = "Repeat each post beside what was found: a file that can be trained on.")
  private boolean withPosts;

  @Mixin private final DeviceOptions device = new DeviceOptions();

  PredictCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if ((text == null) == (input == null)) {
      throw usage("predict needs one of --text and --input", "See mmib predict --help.");
    }
    if (input != null && (image != null || !crops.isEmpty() || head != null || tail != null)) {
      throw usage(
          "--image, --crop, --head and --tail belong to --text",
          "With --input they are given in each row.");
    }
    if (output != null) {
      OutputFile.require(
          output, overwrite, input == null || input.equals("-") ? null : Path.of(input));
      Interruption.expect(console); // nothing is left of an output that was not finished
    }
    if (withPosts && !json) {
      throw usage("--with-posts belongs to --json", "Add --json.");
    }
    var post = text == null ? null : post(text);
    try (var extractor = Extractor.load(models, device.device())) {
      return output == null
          ? run(extractor, post, console::print)
          : toFile(extractor, post, output);
    }
  }

  private static MmibException usage(String what, String hint) {
    return MmibException.of(ErrorCode.USAGE, what, hint);
  }

  private Post post(String given) {
    var post = Post.of(given);
    if (image != null) {
      post = post.withPicture(Picture.of(image));
    }
    post = post.withCrops(crops.stream().map(Picture::of).toList());
    if ((head == null) != (tail == null)) {
      throw usage("one of --head and --tail is missing", "Give both.");
    }
    return head == null || tail == null
        ? post
        : post.withPair(span("--head", head), span("--tail", tail));
  }

  private static Span span(String option, String given) {
    var ends = given.split(":", -1);
    try {
      return new Span(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]));
    } catch (IllegalArgumentException e) {
      throw usage(
              option + " is " + MmibException.quote(given) + ", not START:END",
              "For example 0:5; the end is exclusive.")
          .causedBy(e);
    }
  }

  /** The post of the options, as a row would have it. */
  private JsonObject given() {
    var given = new JsonObject().put("text", text);
    if (image != null) {
      given.put("image", image.toString());
    }
    var parts = new JsonArray();
    crops.forEach(crop -> parts.add(crop.toString()));
    return parts.isEmpty() ? given : given.put("crops", parts);
  }

  private int toFile(Extractor extractor, @Nullable Post post, Path file) {
    int[] status = {0};
    AtomicFile.write(
        file,
        channel -> {
          var writer = new PrintWriter(Channels.newWriter(channel, StandardCharsets.UTF_8));
          status[0] = run(extractor, post, line -> writer.print(line + "\n"));
          if (writer.checkError()) {
            throw new IOException("the results could not all be written");
          }
        });
    return status[0];
  }

  private int run(Extractor extractor, @Nullable Post post, Consumer<String> out) {
    if (post != null) {
      print(post, given(), extractor.extract(post), extractor.device(), out);
      return 0;
    }
    try (var rows = open()) {
      return run(extractor, rows, out);
    }
  }

  private PostRows open() {
    if (input == null || input.equals("-")) {
      return new PostRows(console.in(), "standard input", Path.of(""));
    }
    var file = Path.of(input);
    InputStream in = Channels.newInputStream(InputFile.open(file, ErrorCode.DATA_FILE));
    var folder = file.toAbsolutePath().getParent();
    return new PostRows(in, input, folder == null ? Path.of("") : folder);
  }

  private int run(Extractor extractor, PostRows rows, Consumer<String> out) {
    int status = 0;
    while (true) {
      var some = new ArrayList<PostRows.Row>();
      for (var row = rows.next(); row != null; row = rows.next()) {
        some.add(row);
        if (some.size() == ROWS) {
          break;
        }
      }
      if (some.isEmpty()) {
        return status;
      }
      if (Interruption.asked()) {
        throw MmibException.of(ErrorCode.CANCELLED, "interrupted", "No output was written.");
      }
      var posts = some.stream().map(PostRows.Row::post).flatMap(Stream::ofNullable).toList();
      var outcomes = extractor.attempt(posts).iterator();
      for (var row : some) {
        var outcome = row.post() == null ? new Outcome(null, row.error()) : outcomes.next();
        var found = outcome.extraction();
        if (found != null && row.post() != null) {
          print(row.post(), row.given(), found, extractor.device(), out);
        } else if (outcome.error() != null) {
          status = ErrorCode.POST.exitStatus();
          print(row.id(), outcome.error(), out);
        }
      }
    }
  }

  private void print(String id, MmibException error, Consumer<String> out) {
    console.tell("post " + id + ": " + error.getMessage());
    if (json) {
      var what =
          new JsonObject().put("code", error.code().toString()).put("message", error.explanation());
      out.accept(Json.write(new JsonObject().put("id", id).put("error", what)));
    }
  }

  private void print(
      Post post, JsonObject given, Extraction found, String deviceName, Consumer<String> out) {
    if (json) {
      out.accept(Json.write(PredictionJson.of(found, deviceName, withPosts ? given : null)));
      return;
    }
    if (!found.id().isEmpty()) {
      out.accept("# " + found.id());
    }
    for (var entity : found.entities()) {
      out.accept(
          String.format(
              Locale.ROOT,
              "%-8s %.3f  %d:%d  %s",
              entity.type(),
              entity.score(),
              entity.start(),
              entity.end(),
              entity.text()));
    }
    for (var relation : found.relations()) {
      if (post.head() == null && relation.type().equals(RelationSet.NONE)) {
        continue; // as a rule that of most pairs; --json has them all
      }
      out.accept(
          String.format(
              Locale.ROOT,
              "%s %.3f  %s -> %s",
              relation.type(),
              relation.score(),
              textAt(post, relation.head()),
              textAt(post, relation.tail())));
    }
    found.warnings().forEach(warning -> console.tell("warning: " + warning));
  }

  private static String textAt(Post post, Span place) {
    var whole = post.text();
    return whole != null
        ? whole.substring(place.start(), place.end())
        : String.join(" ", post.tokens().subList(place.start(), place.end()));
  }
}
