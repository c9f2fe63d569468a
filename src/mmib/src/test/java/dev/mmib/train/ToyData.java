package dev.mmib.train;

import dev.mmib.model.Task;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** Small data sets that a small model learns within seconds. */
final class ToyData {

  private static final List<String> NAMES =
      List.of("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi");
  private static final List<String> PLACES = List.of("paris", "rome", "oslo", "lima", "cairo");
  private static final List<String> VERBS = List.of("visits", "likes", "leaves", "paints", "sees");

  private ToyData() {}

  /** Sentences whose entities a look at the word alone finds; every other one has a picture. */
  static Path ner(Path directory, int train, int other) throws IOException {
    Files.createDirectories(directory.resolve("images"));
    sentences(directory, "train", train, 1);
    sentences(directory, "valid", other, 2);
    sentences(directory, "test", other, 3);
    return directory;
  }

  private static void sentences(Path directory, String split, int rows, long seed)
      throws IOException {
    var random = new Random(seed);
    var out = new StringBuilder();
    for (int i = 0; i < rows; i++) {
      String id = split + "_" + i;
      out.append("IMGID:").append(id).append('\n');
      out.append(pick(NAMES, random)).append("\tB-PER\n");
      out.append(pick(VERBS, random)).append("\tO\n");
      if (random.nextBoolean()) {
        out.append("new\tB-LOC\n").append(pick(PLACES, random)).append("\tI-LOC\n");
      } else {
        out.append(pick(PLACES, random)).append("\tB-LOC\n");
      }
      out.append(random.nextBoolean() ? "today\tO\n" : ".\tO\n").append('\n');
      if (i % 2 == 0) {
        picture(directory.resolve("images").resolve(id + ".png"), random);
      }
    }
    Files.writeString(directory.resolve(split + ".txt"), out);
  }

  /** Rows whose relation the verb tells. */
  static Path relations(Path directory, int train, int other) throws IOException {
    Files.createDirectories(directory.resolve("images"));
    Files.writeString(directory.resolve("rel2id.json"), "{\"None\": 0, \"at\": 1, \"knows\": 2}");
    rows(directory, "train", train, 1);
    rows(directory, "val", other, 2);
    rows(directory, "test", other, 3);
    return directory;
  }

  private static void rows(Path directory, String split, int rows, long seed) throws IOException {
    var random = new Random(seed);
    var out = new StringBuilder();
    for (int i = 0; i < rows; i++) {
      String head = pick(NAMES, random);
      boolean at = random.nextBoolean();
      String tail = at ? pick(PLACES, random) : pick(NAMES, random);
      boolean none = random.nextInt(4) == 0;
      String verb = none ? "sees" : at ? "visits" : "likes";
      String relation = none ? "None" : at ? "at" : "knows";
      String image = split + "_" + i + ".png";
      out.append(
          "{'token': ['%s', '%s', '%s'], 'h': {'name': '%s', 'pos': [0, 1]}, 't': {'name': '%s', 'pos': [2, 3]}, 'img_id': '%s', 'relation': '%s'}%n"
              .formatted(head, verb, tail, head, tail, image, relation));
      picture(directory.resolve("images").resolve(image), random);
    }
    Files.writeString(directory.resolve(split + ".txt"), out);
  }

  private static String pick(List<String> words, Random random) {
    return words.get(random.nextInt(words.size()));
  }

  private static void picture(Path file, Random random) throws IOException {
    var image = new BufferedImage(40, 32, BufferedImage.TYPE_INT_RGB);
    var graphics = image.createGraphics();
    graphics.setColor(new Color(random.nextInt(0x1000000)));
    graphics.fillRect(4, 4, 24, 20);
    graphics.dispose();
    ImageIO.write(image, "png", file.toFile());
  }

  /** Settings under which the toys are learned in seconds. */
  static Settings settings(Task task) {
    return new Settings(task)
        .set("epochs=4")
        .set("batchSize=8")
        .set("learningRate=3e-3")
        .set("bert.layers=1")
        .set("bert.hidden=24")
        .set("bert.heads=2")
        .set("attentionHeads=2")
        .set("crops=0")
        .set("image.size=32");
  }
}
