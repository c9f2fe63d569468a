package dev.mmib.cli;

import dev.mmib.data.Span;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import dev.mmib.predict.Picture;
import dev.mmib.predict.Post;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rows of a {@code posts.jsonl}, read one at a time. */
final class PostRows implements AutoCloseable {

  /**
   * A row: a post, or why it is none.
   *
   * @param id the post's, or the number of its line
   * @param given the row itself
   */
  record Row(String id, @Nullable Post post, JsonObject given, @Nullable MmibException error) {}

  private static final int LONGEST_LINE = 16 << 20;
  private static final List<String> KEYS =
      List.of("id", "text", "tokens", "image", "crops", "head", "tail");

  /** What results and training data say of a post beside these: read over. */
  private static final Set<String> ANSWERS =
      Set.of("entities", "relations", "relation", "warnings", "device");

  private final BufferedReader lines;
  private final String name;
  private final Path folder;
  private long number;

  /**
   * Rows of a stream in UTF-8.
   *
   * @param name what errors call it
   * @param folder which pictures' paths are relative to
   */
  PostRows(InputStream in, String name, Path folder) {
    this.lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
    this.name = name;
    this.folder = folder;
  }

  /** The next row that is not blank; null after the last. */
  @Nullable Row next() {
    while (true) {
      var line = readLine();
      if (line == null) {
        return null;
      }
      number++;
      if (number == 1 && line.startsWith("\uFEFF")) {
        line = line.substring(1);
      }
      if (!line.isBlank()) {
        return row(line);
      }
    }
  }

  private @Nullable String readLine() {
    var line = new StringBuilder();
    try {
      int c;
      while ((c = lines.read()) >= 0 && c != '\n') {
        line.append((char) c);
        if (line.length() > LONGEST_LINE) {
          throw bad("is longer than " + LONGEST_LINE + " characters", "One post a line.");
        }
      }
      return c < 0 && line.isEmpty() ? null : line.toString();
    } catch (CharacterCodingException e) {
      throw bad("is not UTF-8", "Save the file as UTF-8.").causedBy(e);
    } catch (IOException e) {
      throw MmibException.in(name, ErrorCode.IO, "cannot be read: " + e.getMessage(), "")
          .causedBy(e);
    }
  }

  private MmibException bad(String what, String hint) {
    return MmibException.at(name, "line " + (number + 1), ErrorCode.POST, what, hint);
  }

  private Row row(String line) {
    String id = Long.toString(number);
    try {
      var json = Json.parse(line, name + ":" + number, ErrorCode.POST).asObject();
      var given = json.find("id");
      if (given != null && !given.isNull()) {
        id = id(given);
      }
      return new Row(id, post(id, json), json, null);
    } catch (MmibException e) {
      return new Row(id, null, new JsonObject(), e);
    }
  }

  private static String id(JsonValue value) {
    try {
      return value.asString();
    } catch (MmibException e) {
      return value.asNumberLiteral(); // the other kind of id; anything else is refused
    }
  }

  private Post post(String id, JsonObject json) {
    for (var key : json.keys()) {
      if (!KEYS.contains(key) && !ANSWERS.contains(key)) {
        throw json.at(key)
            .error("the key " + MmibException.quote(key) + " is unknown", "Known are " + KEYS);
      }
    }
    if (json.absent("text") == json.absent("tokens")) {
      throw json.error("needs one of 'text' and 'tokens'", "Give exactly one of them.");
    }
    var post =
        json.absent("text")
            ? Post.ofTokens(json.array("tokens").strings())
            : Post.of(json.string("text"));
    post = post.withId(id);
    if (!json.absent("image")) {
      post = post.withPicture(picture(json.at("image")));
    }
    if (!json.absent("crops")) {
      var crops = new ArrayList<Picture>();
      json.array("crops").items().forEach(crop -> crops.add(picture(crop)));
      post = post.withCrops(crops);
    }
    if (json.absent("head") != json.absent("tail")) {
      throw json.error("has one of 'head' and 'tail'", "Give both or none.");
    }
    return json.absent("head") ? post : post.withPair(span(json.at("head")), span(json.at("tail")));
  }

  private Picture picture(JsonValue value) {
    try {
      return Picture.of(folder.resolve(value.asString()));
    } catch (InvalidPathException e) {
      throw value.error("is not a path", "Give the picture's file.").causedBy(e);
    }
  }

  private static Span span(JsonValue value) {
    int[] ends = value.asArray().ints();
    if (ends.length != 2 || ends[0] < 0 || ends[1] <= ends[0]) {
      throw value.error("is not [start, end] with 0 <= start < end", "The end is exclusive.");
    }
    return new Span(ends[0], ends[1]);
  }

  @Override
  public void close() {
    try {
      lines.close();
    } catch (IOException e) {
      throw MmibException.in(name, ErrorCode.IO, "cannot be closed", "").causedBy(e);
    }
  }
}
