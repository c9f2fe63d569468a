package dev.mmib.train;

import dev.mmib.data.Fidelity;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.PictureFiles;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.image.ImageDecoder;
import dev.mmib.image.ImagePreprocessor;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.MmibModel;
import dev.mmib.train.RowSettings.MissingImages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pictures of a data set as a model wants them.
 *
 * <p>Decoded pictures are remembered as long as there is room, so that a second epoch decodes
 * nothing; of an encoder whose features are constant, the features are. {@link #prepare} may run on
 * any thread, {@link #images} on the one that runs kernels.
 *
 * <p>A whole picture that is missing or broken is one of zeros, counted. A crop that is missing is
 * masked out; in {@code reference} it is one of zeros.
 */
final class Pictures {

  private static final Logger LOG = LoggerFactory.getLogger(Pictures.class);

  /** Stands for the picture of zeros among the features. */
  private static final Path NOTHING = Path.of("");

  /**
   * One picture of a batch.
   *
   * @param file null for one that is missing
   * @param pixels null where the features are known already
   */
  private record Slot(@Nullable Path file, float @Nullable [] pixels, boolean present) {}

  /** The decoded pictures of a batch. */
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
  private final ImagePreprocessor preprocessor;
  private final float[] zeros;
  private final AtomicLong room;
  private final Map<Path, float[]> pixels = new ConcurrentHashMap<>();
  private final Map<Path, float[]> features = new ConcurrentHashMap<>();
  private final Set<String> missing = ConcurrentHashMap.newKeySet();

  Pictures(MmibModel model, MissingImages policy, int cacheMegabytes) {
    this.config = model.config();
    this.hasConstantFeatures = model.hasConstantImageFeatures();
    this.policy = policy;
    this.preprocessor = new ImagePreprocessor(config.image().resize(), config.image().size());
    this.zeros = preprocessor.missing();
    this.room = new AtomicLong((long) cacheMegabytes << 20);
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
    for (int i = 0; i < posts * (1 + config.crops()); i++) {
      prepared.slots.add(new Slot(null, zeros, true));
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
      return new Slot(null, zeros, true);
    }
    try {
      return slot(file);
    } catch (MmibException e) {
      if (policy == MissingImages.FAIL) {
        throw e;
      }
      count(place, e.what());
      return new Slot(null, zeros, true);
    }
  }

  private void count(String place, String why) {
    if (missing.isEmpty()) {
      LOG.warn(
          "{}: no picture, a black one takes its place ({}); later ones are counted", place, why);
    }
    missing.add(place);
  }

  private Slot crop(@Nullable Path file) {
    if (file != null) {
      try {
        return slot(file);
      } catch (MmibException e) {
        if (policy == MissingImages.FAIL) {
          throw e;
        }
        LOG.debug("crop left out: {}", e.getMessage());
      }
    }
    return new Slot(null, zeros, config.fidelity() == Fidelity.REFERENCE);
  }

  private Slot slot(Path file) {
    if (features.containsKey(file)) {
      return new Slot(file, null, true);
    }
    var known = pixels.get(file);
    if (known != null) {
      return new Slot(file, known, true);
    }
    var decoded = preprocessor.apply(ImageDecoder.decode(file));
    if (!hasConstantFeatures && takeRoom(decoded.length)) {
      pixels.put(file, decoded);
    }
    return new Slot(file, decoded, true);
  }

  /** Never gives room back: what is remembered depends on the order of the posts alone. */
  private boolean takeRoom(int floats) {
    long bytes = 4L * floats;
    if (room.addAndGet(-bytes) >= 0) {
      return true;
    }
    room.addAndGet(bytes);
    return false;
  }

  /** The batch for the model: pixels, or features where those are constant. */
  ImageBatch images(Prepared prepared, MmibModel model) {
    int slots = prepared.slots.size() / prepared.posts;
    var present = new boolean[prepared.slots.size()];
    for (int i = 0; i < present.length; i++) {
      present[i] = prepared.slots.get(i).present();
    }
    if (hasConstantFeatures) {
      return features(prepared, slots, present, model);
    }
    var values = new float[present.length * zeros.length];
    for (int i = 0; i < present.length; i++) {
      var slot = prepared.slots.get(i).pixels();
      if (slot != null) {
        System.arraycopy(slot, 0, values, i * zeros.length, zeros.length);
      }
    }
    return new ImageBatch(prepared.posts, slots, pixelShape(), values, present);
  }

  private int[] pixelShape() {
    return new int[] {3, preprocessor.crop(), preprocessor.crop()};
  }

  private ImageBatch features(Prepared prepared, int slots, boolean[] present, MmibModel model) {
    var found = new HashMap<Path, float[]>();
    var unknown = new ArrayList<Slot>();
    for (var slot : prepared.slots) {
      var key = key(slot);
      if (!slot.present() || found.containsKey(key)) {
        continue;
      }
      var known = features.get(key);
      if (known != null) {
        found.put(key, known);
      } else {
        found.put(key, zeros); // taken: computed below
        unknown.add(slot);
      }
    }
    compute(unknown, found, model);
    int length = config.image().network().features();
    var values = new float[present.length * length];
    for (int i = 0; i < present.length; i++) {
      if (present[i]) {
        var row = found.get(key(prepared.slots.get(i)));
        if (row != null) {
          System.arraycopy(row, 0, values, i * length, length);
        }
      }
    }
    return new ImageBatch(prepared.posts, slots, new int[] {length}, values, present);
  }

  private static Path key(Slot slot) {
    var file = slot.file();
    return file == null ? NOTHING : file;
  }

  /**
   * One picture at a time: what a device computes of several together may differ in the last bits
   * from what it computes of each, and then features would depend on the order of the posts.
   */
  private void compute(List<Slot> unknown, Map<Path, float[]> found, MmibModel model) {
    var one = new boolean[] {true};
    for (var slot : unknown) {
      var values = slot.pixels() == null ? zeros : slot.pixels();
      var row = model.imageFeatures(new ImageBatch(1, 1, pixelShape(), values, one));
      var key = key(slot);
      found.put(key, row);
      if (takeRoom(row.length)) {
        features.put(key, row);
      }
    }
  }
}
