package dev.mmib.predict;

import dev.mmib.data.Fidelity;
import dev.mmib.data.ImageBatch;
import dev.mmib.image.ImagePreprocessor;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.MmibModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pictures of posts as one model wants them. */
final class PostPictures {

  /**
   * The pictures of one post after they went through the network.
   *
   * @param features [slots · features]; empty for a model of text only
   * @param present [slots]
   */
  @SuppressWarnings("ArrayRecordComponent") // rows of a batch
  record Seen(float[] features, boolean[] present) {}

  private final MmibConfig config;
  private final ImagePreprocessor preprocessor;

  PostPictures(MmibConfig config) {
    this.config = config;
    this.preprocessor = config.image().preprocessor();
  }

  /** Whether the pixels of a post, and what is said of them, are those that another model wants. */
  boolean wantsThoseOf(PostPictures other) {
    var mine = config.image();
    var others = other.config.image();
    return config.textOnly() == other.config.textOnly()
        && config.slots() == other.config.slots()
        && mine.size() == others.size()
        && mine.resize() == others.resize()
        && mine.pixels().equals(others.pixels());
  }

  /** The pixels of a post's slots; null where there is no picture. */
  List<float @Nullable []> pixels(Post post, List<String> warnings) {
    var slots = new ArrayList<float @Nullable []>();
    if (config.textOnly()) {
      return slots;
    }
    var whole = post.picture();
    if (whole == null) {
      warnings.add("no picture: a plain grey one stands for it");
    }
    slots.add(whole == null ? null : preprocessor.apply(whole.decode()));
    int crops = Math.min(config.crops(), post.crops().size());
    if (crops < post.crops().size()) {
      warnings.add(
          "only the first " + crops + " of " + post.crops().size() + " crops are looked at");
    }
    for (int c = 0; c < crops; c++) {
      slots.add(preprocessor.apply(post.crops().get(c).decode()));
    }
    while (slots.size() < config.slots()) {
      slots.add(null);
    }
    return slots;
  }

  /** The pictures of a batch; null for a model of text only. */
  @Nullable ImageBatch batch(List<List<float @Nullable []>> posts) {
    if (config.textOnly()) {
      return null;
    }
    int slots = config.slots();
    int size = preprocessor.missing().length;
    var values = new float[posts.size() * slots * size];
    var present = new boolean[posts.size() * slots];
    for (int p = 0; p < posts.size(); p++) {
      for (int s = 0; s < slots; s++) {
        int at = p * slots + s;
        var pixels = posts.get(p).get(s);
        if (pixels != null) {
          System.arraycopy(pixels, 0, values, at * size, size);
        }
        // A whole picture is always there, and in the released code every crop is.
        present[at] = pixels != null || s == 0 || config.fidelity() == Fidelity.REFERENCE;
      }
    }
    int side = preprocessor.crop();
    return new ImageBatch(posts.size(), slots, new int[] {3, side, side}, values, present);
  }

  /** Sends the pictures of posts through the network of {@code model}, each once. */
  List<Seen> see(MmibModel model, List<List<float @Nullable []>> posts) {
    var images = batch(posts);
    if (images == null) {
      return Collections.nCopies(posts.size(), new Seen(new float[0], new boolean[0]));
    }
    var features = model.imageFeatures(images);
    int length = features.length / posts.size();
    int slots = images.slots();
    var seen = new ArrayList<Seen>();
    for (int p = 0; p < posts.size(); p++) {
      seen.add(
          new Seen(
              Arrays.copyOfRange(features, p * length, (p + 1) * length),
              Arrays.copyOfRange(images.present(), p * slots, (p + 1) * slots)));
    }
    return seen;
  }

  /** A batch of pictures that were seen; null for a model of text only. */
  @Nullable ImageBatch join(List<Seen> posts) {
    if (config.textOnly()) {
      return null;
    }
    int slots = config.slots();
    int length = config.image().network().features();
    var values = new float[posts.size() * slots * length];
    var present = new boolean[posts.size() * slots];
    for (int p = 0; p < posts.size(); p++) {
      System.arraycopy(posts.get(p).features(), 0, values, p * slots * length, slots * length);
      System.arraycopy(posts.get(p).present(), 0, present, p * slots, slots);
    }
    return new ImageBatch(posts.size(), slots, new int[] {length}, values, present);
  }
}
