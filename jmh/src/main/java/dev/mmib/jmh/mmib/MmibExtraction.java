package dev.mmib.jmh.mmib;

import dev.mmib.backend.Device;
import dev.mmib.jmh.BertBase;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.MadePosts;
import dev.mmib.predict.Extractor;
import dev.mmib.predict.Picture;
import dev.mmib.predict.Post;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Entities from posts, from text and JPEG to the result, by a model of bert-base and ResNet-50. */
public final class MmibExtraction implements Contender {

  private static final int WIDTH = 1024;
  private static final int HEIGHT = 768;

  private final Path directory;
  private final Extractor extractor;
  private final String device;
  private final List<Post> posts;

  /**
   * An extraction.
   *
   * @param count posts that are handed over at once
   * @param pictured whether each has a picture
   */
  public MmibExtraction(Device device, int count, boolean pictured) throws IOException {
    directory = Files.createTempDirectory("mmib-benchmark-model");
    MadeModel.write(directory, MmibPosts.config(), BertBase.CONFIG);
    extractor = Extractor.load(directory, device);
    this.device = extractor.device();
    posts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      var post = Post.of(MadePosts.post(i).text());
      posts.add(pictured ? post.withPicture(picture(i)) : post);
    }
  }

  private static Picture picture(int number) throws IOException {
    return Picture.of(MadePosts.jpeg(WIDTH, HEIGHT, number));
  }

  @Override
  public void run() {
    int found = extractor.extract(posts).size();
    if (found != posts.size()) {
      throw new IllegalStateException("extraction: " + found + " results of " + posts.size());
    }
  }

  @Override
  public float[] result() {
    return NO_RESULT;
  }

  @Override
  public String description() {
    return device + ", " + posts.size() + " posts";
  }

  @Override
  public void close() {
    extractor.close();
    MadePosts.delete(directory);
  }
}
