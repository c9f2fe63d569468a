package dev.mmib.train;

import dev.mmib.data.ImageBatch;
import dev.mmib.error.MmibException;
import dev.mmib.image.ImageDecoder;
import dev.mmib.image.ImagePreprocessor;
import dev.mmib.model.MmibModel;
import dev.mmib.train.features.CachePlace;
import dev.mmib.train.features.EncoderFingerprint;
import dev.mmib.train.features.FeatureCache;
import dev.mmib.train.features.PictureDigest;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What is known of picture files, so that none is opened twice.
 *
 * <p>Of an encoder that is trained, decoded pixels are remembered as long as there is room. Of one
 * whose features are constant these are, in memory and in the {@link FeatureCache}, where they are
 * found by the content of the file. {@link #look} may run on any thread, {@link #features} on the
 * one that runs kernels.
 */
final class PictureStore implements AutoCloseable {

  /**
   * A picture.
   *
   * @param digest of the file; null if there is no use for it
   * @param pixels null where the features are known already
   * @param features null where they are not known yet, or not constant
   */
  record Looked(@Nullable String digest, float @Nullable [] pixels, float @Nullable [] features) {}

  private final ImagePreprocessor preprocessor;
  private final boolean hasConstantFeatures;
  private final @Nullable FeatureCache cache;
  private final AtomicLong room;
  private final Map<Path, float[]> pixels = new ConcurrentHashMap<>();
  private final Map<Path, float[]> features = new ConcurrentHashMap<>();
  private final Map<Path, String> digests = new ConcurrentHashMap<>();
  private final Map<Path, MmibException> broken = new ConcurrentHashMap<>();
  private final LongAdder decoded = new LongAdder();
  private final LongAdder found = new LongAdder();
  private final LongAdder computed = new LongAdder();

  private PictureStore(MmibModel model, long bytes, @Nullable FeatureCache cache) {
    var image = model.config().image();
    this.preprocessor = image.preprocessor();
    this.hasConstantFeatures = model.hasConstantImageFeatures();
    this.room = new AtomicLong(bytes);
    this.cache = cache;
  }

  /** A store that remembers in memory only. */
  static PictureStore inMemory(MmibModel model, int megabytes) {
    return new PictureStore(model, (long) megabytes << 20, null);
  }

  /** A store as it is configured. */
  static PictureStore open(MmibModel model, PictureCache settings) {
    var place =
        model.hasConstantImageFeatures()
            ? CachePlace.here().of(settings.featureCache()).orElse(null)
            : null;
    var cache =
        place == null
            ? null
            : FeatureCache.open(
                place,
                EncoderFingerprint.of(model),
                model.config().image().network().features(),
                (long) settings.featureCacheMegabytes() << 20);
    return new PictureStore(model, (long) settings.cacheMegabytes() << 20, cache);
  }

  ImagePreprocessor preprocessor() {
    return preprocessor;
  }

  /** Finds out what is needed of a file; a broken one throws each time what it threw first. */
  Looked look(Path file) {
    var known = known(file);
    if (known != null) {
      return known;
    }
    var before = broken.get(file);
    if (before != null) {
      throw before;
    }
    try {
      return read(file);
    } catch (MmibException e) {
      broken.put(file, e);
      throw e;
    }
  }

  private @Nullable Looked known(Path file) {
    var ready = features.get(file);
    if (ready != null) {
      return new Looked(null, null, ready);
    }
    var digest = digests.get(file);
    var kept = digest == null ? null : inCache(file, digest);
    if (kept != null) {
      return kept;
    }
    var remembered = pixels.get(file);
    return remembered == null ? null : new Looked(digest, remembered, null);
  }

  private @Nullable Looked inCache(Path file, String digest) {
    var kept = cache == null ? null : cache.find(digest);
    if (kept == null) {
      return null;
    }
    found.increment();
    remember(file, kept);
    return new Looked(digest, null, kept);
  }

  private Looked read(Path file) {
    var bytes = ImageDecoder.read(file);
    String digest = null;
    if (cache != null) {
      digest = PictureDigest.of(bytes);
      digests.put(file, digest);
      var kept = inCache(file, digest);
      if (kept != null) {
        return kept;
      }
    }
    var values = preprocessor.apply(ImageDecoder.decode(bytes, file.toString()));
    decoded.increment();
    if (!hasConstantFeatures && takeRoom(values.length)) {
      pixels.put(file, values);
    }
    return new Looked(digest, values, null);
  }

  private void remember(Path file, float[] values) {
    if (!features.containsKey(file) && takeRoom(values.length)) {
      features.put(file, values);
    }
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

  /**
   * The constant features of a picture.
   *
   * <p>Computed one by one: what a device computes of several pictures together may differ in the
   * last bits from what it computes of each, and then features would depend on the order of posts.
   */
  float[] features(Path file, Looked picture, MmibModel model) {
    var ready = picture.features() != null ? picture.features() : features.get(file);
    if (ready != null) {
      return ready;
    }
    var values = picture.pixels();
    if (values == null) {
      throw new IllegalStateException("pictures: neither pixels nor features of " + file);
    }
    var row = compute(values, model);
    remember(file, row);
    if (cache != null && picture.digest() != null) {
      cache.add(picture.digest(), row);
    }
    return row;
  }

  /** The features of pixels. */
  float[] compute(float[] values, MmibModel model) {
    computed.increment();
    int side = preprocessor.crop();
    var shape = new int[] {3, side, side};
    return model.imageFeatures(new ImageBatch(1, 1, shape, values, new boolean[] {true}));
  }

  /** What was done so far. */
  PictureCounts counts() {
    return new PictureCounts(
        decoded.sum(),
        found.sum(),
        computed.sum(),
        cache == null ? 0 : cache.damaged(),
        cache == null ? null : cache.failure());
  }

  @Override
  public void close() {
    if (cache != null) {
      cache.close();
    }
  }
}
