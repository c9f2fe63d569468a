package dev.mmib.data;

import dev.mmib.io.JsonObject;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The rows of a file of posts, one at a time, as JSON objects whatever the form of the file.
 *
 * <p>The keys are those of {@code mmib predict}: id, text or tokens, image, crops; entities; head,
 * tail and relation, or relations.
 */
interface PostSource extends AutoCloseable {

  /** Goes on to the next row; false at the end of the file. */
  boolean advance();

  /** The row; refused where it cannot be read, which leaves the next one readable. */
  JsonObject row();

  /** Where the row begins in its file. */
  String place();

  @Override
  void close();

  /** Whether a file is one of posts, by its name. */
  static boolean isOne(Path file) {
    return isCsv(file) || name(file).endsWith(".jsonl");
  }

  static PostSource open(Path file) {
    return isCsv(file) ? new CsvPosts(file) : new JsonPosts(file);
  }

  private static boolean isCsv(Path file) {
    return name(file).endsWith(".csv");
  }

  private static String name(Path file) {
    return file.toString().toLowerCase(Locale.ROOT);
  }
}
