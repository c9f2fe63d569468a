package dev.mmib.train;

import dev.mmib.data.Fidelity;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.PictureFiles;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.MmibModel;
import dev.mmib.train.PictureStore.Looked;
import dev.mmib.train.RowSettings.MissingImages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pictures of a data set as a model wants them.
 *
 * <p>{@link #prepare} may run on any thread, {@link #images} on the one that runs kernels.
 *
 * <p>A whole picture that is missing or broken is one of zeros, counted. A crop that is missing is
 * masked out; in {@code reference} it is one of zeros.
 */
final class Pictures implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Pictures.class);

  /**
   * One picture of a batch.
   *
   * @param file null for the picture of zeros
   */
  private record Slot(@Nullable Path file, Looked picture, boolean present) {}

  /** The pictures of a batch, decoded where that is needed. */
  static final class Prepared {
    private final int posts;
    private final List<Slot> slots = new ArrayList<>();

    private Prepared(int posts) {
      this.posts = posts;
    }
  }

  private final MmibConfig config;
  private final boolean hasConstantFeatures;
  private final MissingImages policy;
  private final PictureStore store;
  private final int side;
  private final Looked nothing;
  private final Set<String> missing = ConcurrentHashMap.newKeySet();
  private final List<float[]> released = new ArrayList<>();
  private float @Nullable [] featuresOfNothing;

  private Pictures(MmibModel model, MissingImages policy, PictureStore store) {
    this.config = model.config();
    this.hasConstantFeatures = model.hasConstantImageFeatures();
    this.policy = policy;
    this.store = store;
    this.side = store.preprocessor().crop();
    this.nothing = new Looked(null, store.preprocessor().missing(), null);
  }

  /** Pictures that are remembered in memory only. */
  Pictures(MmibModel model, MissingImages policy, int cacheMegabytes) {
    this(model, policy, PictureStore.inMemory(model, cacheMegabytes));
  }

  /** Pictures that are remembered as it is configured. */
  Pictures(MmibModel model, MissingImages policy, PictureCache cache) {
    this(model, policy, PictureStore.open(model, cache));
  }

  /** Posts whose whole picture was missing or broken so far, each counted once. */
  int missing() {
    return missing.size();
  }

  /** The places of those posts, sorted. */
  List<String> missingPlaces() {
    return missing.stream().sorted().toList();
  }

  /** Counts posts that were missing when an earlier run of the training looked at them. */
  void addMissing(List<String> places) {
    missing.addAll(places);
  }

  /** What was done so far. */
  PictureCounts counts() {
    return store.counts();
  }

  /**
   * Decodes the pictures of some posts.
   *
   * @param places where the posts were read, for counting and for errors
   */
  Prepared prepare(List<PictureFiles> posts, List<String> places) {
    var prepared = new Prepared(posts.size());
    for (int p = 0; p < posts.size(); p++) {
      var post = posts.get(p);
      prepared.slots.add(whole(post.whole().orElse(null), places.get(p)));
      for (int c = 0; c < config.crops(); c++) {
        prepared.slots.add(crop(c < post.crops().size() ? post.crops().get(c).orElse(null) : null));
      }
    }
    return prepared;
  }

  /** Black pictures in all slots, in the place of decoded ones. */
  Prepared blank(int posts) {
    var prepared = new Prepared(posts);
    for (int i = 0; i < posts * config.slots(); i++) {
      prepared.slots.add(new Slot(null, nothing, true));
    }
    return prepared;
  }

  private Slot whole(@Nullable Path file, String place) {
    if (file == null) {
      if (policy == MissingImages.FAIL) {
        throw MmibException.in(
            place,
            ErrorCode.IMAGE_MISSING,
            "the picture of this post is missing",
            "Put it into images/, or allow missing ones: --missing-images zero.");
      }
      count(place, "it is not there");
      return new Slot(null, nothing, true);
    }
    try {
      return new Slot(file, store.look(file), true);
    } catch (MmibException e) {
      if (policy == MissingImages.FAIL) {
        throw e;
      }
      count(place, e.what());
      return new Slot(null, nothing, true);
    }
  }

  private void count(String place, String why) {
    if (missing.isEmpty()) {
      LOG.warn(
          "{}: no picture, a plain grey one stands for it ({}); later ones are counted",
          place,
          why);
    }
    missing.add(place);
  }

  private Slot crop(@Nullable Path file) {
    if (file != null) {
      try {
        return new Slot(file, store.look(file), true);
      } catch (MmibException e) {
        if (policy == MissingImages.FAIL) {
          throw e;
        }
        LOG.debug("crop left out: {}", e.getMessage());
      }
    }
    return new Slot(null, nothing, config.fidelity() == Fidelity.REFERENCE);
  }

  /**
   * The batch for the model: pixels, or features where those are constant.
   *
   * <p>Its array comes out of those that were {@linkplain #release given back}.
   */
  ImageBatch images(Prepared prepared, MmibModel model) {
    var slots = prepared.slots;
    int length = hasConstantFeatures ? config.image().network().features() : 3 * side * side;
    var present = new boolean[slots.size()];
    var values = array(slots.size() * length);
    var computed = new HashMap<Path, float[]>(); // where there is no room to remember
    for (int i = 0; i < present.length; i++) {
      var slot = slots.get(i);
      present[i] = slot.present();
      var row = row(slot, computed, model);
      if (row != null) {
        System.arraycopy(row, 0, values, i * length, length);
      } else {
        Arrays.fill(values, i * length, (i + 1) * length, 0);
      }
    }
    int[] shape = hasConstantFeatures ? new int[] {length} : new int[] {3, side, side};
    return new ImageBatch(prepared.posts, slots.size() / prepared.posts, shape, values, present);
  }

  private float @Nullable [] row(Slot slot, HashMap<Path, float[]> computed, MmibModel model) {
    if (!hasConstantFeatures) {
      return slot.picture().pixels();
    }
    return slot.present() ? features(slot, computed, model) : null;
  }

  private float[] array(int length) {
    for (int i = released.size() - 1; i >= 0; i--) {
      if (released.get(i).length == length) {
        return released.remove(i);
      }
    }
    released.clear(); // batches of another size come now
    return new float[length];
  }

  /** Gives a batch back whose step is done: nobody reads it any more. */
  void release(ImageBatch images) {
    released.add(images.values());
  }

  private float[] features(Slot slot, HashMap<Path, float[]> computed, MmibModel model) {
    var file = slot.file();
    if (file == null) {
      if (featuresOfNothing == null) {
        featuresOfNothing = store.compute(store.preprocessor().missing(), model);
      }
      return featuresOfNothing;
    }
    return computed.computeIfAbsent(file, f -> store.features(f, slot.picture(), model));
  }

  @Override
  public void close() {
    store.close();
  }
}
