package dev.mmib.jmh;

import dev.mmib.image.RgbImage;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.Json;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** Posts that read like real ones, and pictures for them; the same ones every time. */
public final class MadePosts {

  private static final List<String> OPENINGS =
      List.of(
          "RT @fanpage :", "BREAKING :", "Throwback to", "So proud of", "Can't believe", "Wow ,");
  private static final List<String> NAMES =
      List.of(
          "Kevin Durant",
          "Angela Merkel",
          "Oracle Arena",
          "New York City",
          "Real Madrid",
          "São Paulo",
          "Zoë Kravitz",
          "NASA",
          "Lincoln Park",
          "Beyoncé");
  private static final List<String> MIDDLES =
      List.of(
          "was spotted at",
          "signs a 3-year deal with",
          "is playing tonight against",
          "announces unbelievable retrospective about",
          "breaks the 2016 record of",
          "meets the youngsters of");
  private static final List<String> ENDINGS =
      List.of(
          "🔥🔥 #throwbackthursday http://t.co/Z3neVBQ7vF",
          "... who's coming ? #NWM7 http://t.co/hmTEF9q0gz",
          "( photo by @washingtonpost ) http://t.co/FssPdKxglv",
          "!!! 7 : 30pm this eve , don't miss it ❤",
          "— more at https://t.co/w7rktBN5ac");

  /** The whole one and four crops. */
  private static final int PICTURES = 5;

  private MadePosts() {}

  /** A text and where in it the two entities are, in code units. */
  public record Made(String text, int[] first, int[] second) {}

  /** The post of a number. */
  public static Made post(int number) {
    var random = new Random(number);
    var text = new StringBuilder(pick(OPENINGS, random)).append(' ');
    int[] first = append(text, pick(NAMES, random));
    text.append(' ').append(pick(MIDDLES, random)).append(' ');
    int[] second = append(text, pick(NAMES, random));
    text.append(' ').append(pick(ENDINGS, random));
    return new Made(text.toString(), first, second);
  }

  private static int[] append(StringBuilder text, String name) {
    int start = text.length();
    text.append(name);
    return new int[] {start, text.length()};
  }

  private static String pick(List<String> some, Random random) {
    return some.get(random.nextInt(some.size()));
  }

  public static List<String> texts(int count) {
    var texts = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      texts.add(post(i).text());
    }
    return texts;
  }

  /** A picture with areas, edges and some noise, as a JPEG of usual quality. */
  public static byte[] jpeg(int width, int height, int number) throws IOException {
    var out = new ByteArrayOutputStream();
    if (!ImageIO.write(picture(width, height, number), "jpg", out)) {
      throw new IOException("this Java writes no JPEG");
    }
    return out.toByteArray();
  }

  /** The picture of a number, in the layout that ImageIO reads JPEGs into. */
  static BufferedImage picture(int width, int height, int number) {
    var random = new Random(number);
    var image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    var canvas = image.createGraphics();
    canvas.setPaint(new GradientPaint(0, 0, colour(random), width, height, colour(random)));
    canvas.fillRect(0, 0, width, height);
    for (int i = 0; i < 40; i++) {
      canvas.setColor(colour(random));
      canvas.fillOval(
          random.nextInt(width),
          random.nextInt(height),
          random.nextInt(width / 4),
          random.nextInt(height / 4));
    }
    canvas.dispose();
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, image.getRGB(x, y) ^ random.nextInt(16) * 0x010101);
      }
    }
    return image;
  }

  private static Color colour(Random random) {
    return new Color(random.nextInt(1 << 24));
  }

  /** The same pixels as this library has them. */
  static RgbImage pixels(BufferedImage image) {
    var rgb = new byte[3 * image.getWidth() * image.getHeight()];
    int at = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int pixel = image.getRGB(x, y);
        rgb[at++] = (byte) (pixel >> 16);
        rgb[at++] = (byte) (pixel >> 8);
        rgb[at++] = (byte) pixel;
      }
    }
    return new RgbImage(image.getWidth(), image.getHeight(), rgb);
  }

  /**
   * A data set of posts with five pictures each, every one a file of its own.
   *
   * @param rows of the training split
   * @param pictured posts whose pictures differ; those of later rows have the same bytes
   */
  public static void write(Path directory, int rows, int pictured) throws IOException {
    Files.createDirectories(directory.resolve("images"));
    var made = new ArrayList<byte[]>();
    for (int i = 0; i < pictured * PICTURES; i++) {
      made.add(jpeg(320, 240, i));
    }
    for (int row = 0; row <= rows; row++) {
      for (int slot = 0; slot < PICTURES; slot++) {
        var bytes = made.get(row % pictured * PICTURES + slot);
        Files.write(directory.resolve(name(row, slot)), bytes);
      }
    }
    AtomicFile.write(directory.resolve("train.jsonl"), lines(0, rows));
    AtomicFile.write(directory.resolve("valid.jsonl"), lines(rows, 1));
  }

  /** Deletes a directory and all in it. */
  public static void delete(Path directory) {
    try (var all = Files.walk(directory)) {
      for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String name(int post, int slot) {
    return "images/p" + post + "_" + slot + ".jpg";
  }

  private static String lines(int from, int rows) {
    var lines = new StringBuilder();
    for (int i = from; i < from + rows; i++) {
      var made = post(i);
      var crops = new JsonArray();
      for (int slot = 1; slot < PICTURES; slot++) {
        crops.add(name(i, slot));
      }
      var entities =
          new JsonArray().add(entity(made.first(), "PER")).add(entity(made.second(), "ORG"));
      var row =
          new JsonObject()
              .put("id", "p" + i)
              .put("text", made.text())
              .put("image", name(i, 0))
              .put("crops", crops)
              .put("entities", entities);
      lines.append(Json.write(row)).append('\n');
    }
    return lines.toString();
  }

  private static JsonObject entity(int[] place, String type) {
    return new JsonObject().put("start", place[0]).put("end", place[1]).put("type", type);
  }
}
