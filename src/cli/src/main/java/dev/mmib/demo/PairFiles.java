package dev.mmib.demo;

import dev.mmib.data.RelationSet;
import dev.mmib.data.Span;
import dev.mmib.io.Json;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Writes relation posts as MNRE has them.
 *
 * <p>One Python dict per line; {@code rel2id.json}; pictures in {@code images}, crops in {@code
 * crops} with their table {@code crops.json} by split and row.
 */
final class PairFiles {

  private final Path directory;
  private final long seed;
  private final JsonObject table = new JsonObject();

  PairFiles(Path directory, long seed) {
    this.directory = directory;
    this.seed = seed;
  }

  void write(String split, List<PairPost> posts) {
    var text = new StringBuilder();
    var rows = new JsonObject();
    for (int row = 0; row < posts.size(); row++) {
      text.append(literal(posts.get(row))).append('\n');
      rows.put(Integer.toString(row), writePictures(posts.get(row)));
    }
    table.put(split, rows);
    write(directory.resolve(split + ".txt"), text.toString());
  }

  /** Writes rel2id.json and crops.json. */
  void writeTables() {
    write(
        directory.resolve("rel2id.json"),
        Json.write(RelationSet.of(PairWords.RELATIONS).toJson()) + "\n");
    write(directory.resolve("crops").resolve("crops.json"), Json.write(table) + "\n");
  }

  private static void write(Path file, String text) {
    Pictures.write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  private static String literal(PairPost post) {
    return String.format(
        "{'token': [%s], 'h': %s, 't': %s, 'img_id': '%s.jpg', 'relation': '%s'}",
        post.tokens().stream().map(PairFiles::quoted).collect(Collectors.joining(", ")),
        entity(post, post.head()),
        entity(post, post.tail()),
        post.id(),
        PairWords.RELATIONS.get(post.relation()));
  }

  private static String entity(PairPost post, Span span) {
    String name = String.join(" ", post.tokens().subList(span.start(), span.end()));
    return String.format("{'name': %s, 'pos': [%d, %d]}", quoted(name), span.start(), span.end());
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }

  private JsonArray writePictures(PairPost post) {
    Pictures.Drawn drawn =
        Pictures.draw(
            seed,
            post.id(),
            sketch -> {
              if (post.shown() == Stray.PATTERN) {
                Drawings.pattern(sketch);
              } else {
                PairDrawings.relation(post.shown(), sketch);
              }
            });
    Pictures.write(directory.resolve("images").resolve(post.id() + ".jpg"), drawn.whole());
    var names = new JsonArray();
    for (int i = 0; i < Math.min(3, drawn.crops().size()); i++) {
      String name = post.id() + "_" + i + ".jpg";
      Pictures.write(directory.resolve("crops").resolve(name), drawn.crops().get(i));
      names.add(name);
    }
    return names;
  }
}
