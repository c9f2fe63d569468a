package dev.mmib.demo;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * Writes entity posts as the Twitter sets have them.
 *
 * <p>A line {@code IMGID:<id>}, a line {@code token<TAB>label} per token, a blank line; pictures in
 * {@code images/<id>.jpg}, crops in {@code crops/<id>/crop_<type>_<id>.jpg}. The crop of the type
 * that the picture shows is its motif, one of another type is any part of it.
 */
final class EntityFiles {

  private static final List<String> CROP_NAMES =
      List.of("person", "location", "organization", "miscellaneous");

  private final Path directory;
  private final long seed;

  EntityFiles(Path directory, long seed) {
    this.directory = directory;
    this.seed = seed;
  }

  void write(String split, List<EntityPost> posts) {
    var text = new StringBuilder();
    for (EntityPost post : posts) {
      text.append("IMGID:").append(post.id()).append('\n');
      for (int i = 0; i < post.tokens().size(); i++) {
        text.append(post.tokens().get(i)).append('\t').append(post.labels().get(i)).append('\n');
      }
      text.append('\n');
      writePictures(post);
    }
    Pictures.write(
        directory.resolve(split + ".txt"), text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private void writePictures(EntityPost post) {
    String id = post.id();
    Pictures.Drawn drawn =
        Pictures.draw(
            seed,
            id,
            sketch -> {
              if (post.shown() == Stray.PATTERN) {
                Drawings.pattern(sketch);
              } else {
                Drawings.entity(post.shown(), sketch);
              }
            });
    Pictures.write(directory.resolve("images").resolve(id + ".jpg"), drawn.whole());
    var random = new Random(seed ^ id.hashCode());
    int first = post.shown() == Stray.PATTERN ? random.nextInt(CROP_NAMES.size()) : post.shown();
    int other = (first + 1 + random.nextInt(CROP_NAMES.size() - 1)) % CROP_NAMES.size();
    writeCrop(id, first, drawn.crops().get(0));
    writeCrop(id, other, drawn.crops().get(drawn.crops().size() - 1));
  }

  private void writeCrop(String id, int type, byte[] jpeg) {
    String name = "crop_" + CROP_NAMES.get(type) + "_" + id + ".jpg";
    Pictures.write(directory.resolve("crops").resolve(id).resolve(name), jpeg);
  }
}
