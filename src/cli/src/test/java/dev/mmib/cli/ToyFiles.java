package dev.mmib.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** Data directories that a small model learns within seconds. */
final class ToyFiles {

  private static final List<String> NAMES = List.of("alice", "bob", "carol", "dave", "erin");
  private static final List<String> PLACES = List.of("paris", "rome", "oslo", "lima");

  /** Settings under which training takes seconds. */
  static final List<String> QUICK =
      List.of(
          "--set", "bert.layers=1",
          "--set", "bert.hidden=24",
          "--set", "bert.heads=2",
          "--set", "attentionHeads=2",
          "--set", "crops=0",
          "--set", "image.size=32",
          "--set", "learningRate=3e-3",
          "--set", "batchSize=8");

  private ToyFiles() {}

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
      var id = split + i;
      out.append("IMGID:").append(id).append('\n');
      out.append(NAMES.get(random.nextInt(NAMES.size()))).append("\tB-PER\nvisits\tO\n");
      out.append(PLACES.get(random.nextInt(PLACES.size()))).append("\tB-LOC\n\n");
      if (i > 0) {
        picture(directory.resolve("images").resolve(id + ".png"));
      }
    }
    Files.writeString(directory.resolve(split + ".txt"), out);
  }

  static Path picture(Path file) throws IOException {
    ImageIO.write(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
    return file;
  }
}
