package dev.mmib.train.features;

import dev.mmib.io.FileTree;
import dev.mmib.io.IoFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The features of pictures in a directory, by the digest of the picture's file.
 *
 * <p>There is a subdirectory for each fingerprint of what computes them, and in it {@link Shard}s.
 * Several processes may use the directory at once, and be killed at any moment: each appends to
 * shards of its own, and what was torn or damaged is noticed, counted and computed again. When all
 * shards together come to more than the bound, those not used for longest are deleted; who reads
 * them at that time goes on reading them.
 *
 * <p>A directory that cannot be used is said once, by a warning and by {@link #failure}; then
 * nothing is found in it or added to it. Safe for use by several threads.
 */
public final class FeatureCache implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FeatureCache.class);

  private static final Pattern NAME = Pattern.compile("[0-9a-f-]{36}\\.features");
  private static final long LARGEST_SHARD = 64L << 20;
  private static final int SHARDS_IN_THE_BOUND = 8;

  /**
   * Where a picture's features are.
   *
   * @param other where they are too: what was damaged once is written again
   */
  private record Place(Shard shard, int record, @Nullable Place other) {}

  private final Path directory;
  private final Path home;
  private final byte[] fingerprint;
  private final int floats;
  private final long bound;
  private final List<Shard> shards = new ArrayList<>();
  private final Set<Shard> used = new HashSet<>();
  private final Map<String, Place> places = new HashMap<>();
  private @Nullable ShardWriter writer;
  private @Nullable String failure;
  private long bytes;
  private int damaged;

  private FeatureCache(Path directory, byte[] fingerprint, int floats, long bound) {
    this.directory = directory;
    this.home = directory.resolve(HexFormat.of().formatHex(fingerprint, 0, 16));
    this.fingerprint = fingerprint.clone();
    this.floats = floats;
    this.bound = bound;
  }

  /**
   * Opens a directory, which is made if it is not there.
   *
   * @param fingerprint 32 bytes that differ where the same picture might get other features
   * @param floats features of a picture
   * @param bound bytes that the directory may take
   */
  public static FeatureCache open(Path directory, byte[] fingerprint, int floats, long bound) {
    var cache = new FeatureCache(directory, fingerprint, floats, bound);
    try {
      Files.createDirectories(cache.home);
      for (var file : FileTree.entries(cache.home)) {
        if (isShard(file)) {
          cache.index(file);
        }
      }
      cache.bytes = cache.files().stream().mapToLong(ShardFile::size).sum();
    } catch (IOException e) {
      cache.fails(e);
    }
    return cache;
  }

  private static boolean isShard(Path file) {
    return NAME.matcher(file.getFileName().toString()).matches();
  }

  /** Notes the pictures of a shard. Heads are checked here, features when they are read. */
  private void index(Path file) {
    try {
      var shard = Shard.open(file, fingerprint, floats, StandardOpenOption.READ);
      if (shard == null) {
        damaged(file, "is no file of these features");
        return;
      }
      shards.add(shard);
      index(shard, 0);
    } catch (NoSuchFileException e) {
      LOG.debug("{}: deleted by another process", file);
    } catch (IOException e) {
      damaged(file, "cannot be read: " + IoFailure.reason(e));
    }
  }

  private void index(Shard shard, int from) throws IOException {
    int records = shard.records();
    for (int record = from; record < records; record++) {
      var digest = shard.digest(record);
      if (digest == null) {
        damaged(shard.file(), "record " + record + " is damaged");
      } else {
        put(digest, shard, record);
      }
    }
  }

  private void put(String digest, Shard shard, int record) {
    places.put(digest, new Place(shard, record, places.get(digest)));
  }

  private void damaged(Path file, String what) {
    if (damaged == 0) {
      LOG.warn("{}: {}; its features are computed again, further damage is counted", file, what);
    }
    damaged++;
  }

  private void fails(IOException e) {
    if (failure == null) {
      failure = IoFailure.reason(e);
      LOG.warn(
          "{}: features of pictures cannot be kept there ({}); they are computed again next time."
              + " Name another directory: --set featureCache=DIR",
          directory,
          failure);
    }
  }

  /** The features of the picture with this SHA-256, in hex; null if they are not here. */
  public synchronized float @Nullable [] find(String digest) {
    for (var place = places.get(digest); place != null; place = place.other()) {
      var found = read(place, digest);
      if (found != null) {
        touch(place.shard());
        return found;
      }
    }
    places.remove(digest);
    return null;
  }

  private float @Nullable [] read(Place place, String digest) {
    var file = place.shard().file();
    try {
      var found = place.shard().read(place.record(), digest);
      if (found == null) {
        damaged(file, "record " + place.record() + " is damaged");
      }
      return found;
    } catch (IOException e) {
      damaged(file, "cannot be read: " + IoFailure.reason(e));
      return null;
    }
  }

  /** Says to whoever looks for room that a shard is in use; once, since age is counted in runs. */
  private void touch(Shard shard) {
    if (used.add(shard)) {
      ShardFile.touch(shard.file());
    }
  }

  /** Adds the features of a picture. */
  public synchronized void add(String digest, float[] features) {
    if (failure != null || places.containsKey(digest)) {
      return;
    }
    try {
      int size = Shard.recordSize(floats);
      if (bytes + size + Shard.HEADER > bound) {
        makeRoom(size + Shard.HEADER);
      }
      var shard = writable(size);
      int record = shard.append(digest, features);
      bytes += size;
      put(digest, shard, record);
    } catch (IOException e) {
      fails(e);
    }
  }

  private long largestShard() {
    return Math.min(LARGEST_SHARD, bound / SHARDS_IN_THE_BOUND);
  }

  /** A shard that this process may append to: the one in hand, one with room, or a new one. */
  private Shard writable(int size) throws IOException {
    if (writer != null && writer.shard().size() + size <= largestShard()) {
      return writer.shard();
    }
    stopWriting();
    for (var file : FileTree.entries(home)) {
      if (writer == null && isShard(file)) {
        writer = writerOf(file, size);
      }
    }
    if (writer == null) {
      // Others may have added to the directory since it was counted.
      bytes = files().stream().mapToLong(ShardFile::size).sum();
      if (bytes + size + Shard.HEADER > bound) {
        makeRoom(size + Shard.HEADER);
      }
      var file = home.resolve(UUID.randomUUID() + ".features");
      writer = ShardWriter.of(file, path -> Shard.create(path, fingerprint, floats));
      bytes += Shard.HEADER;
    }
    if (writer == null) {
      throw new IOException("a new file is in use already");
    }
    shards.add(writer.shard());
    return writer.shard();
  }

  private @Nullable ShardWriter writerOf(Path file, int size) {
    try {
      var found = ShardFile.of(file);
      boolean hasRoom = found.isPresent() && found.get().size() + size <= largestShard();
      return hasRoom ? ShardWriter.of(file, this::openToWrite) : null;
    } catch (IOException e) {
      LOG.debug("{}: not written to: {}", file, e.toString()); // there are others, or a new one
      return null;
    }
  }

  private @Nullable Shard openToWrite(Path file) throws IOException {
    var shard =
        Shard.open(file, fingerprint, floats, StandardOpenOption.READ, StandardOpenOption.WRITE);
    if (shard != null && shard.cutTornRecord()) {
      damaged(file, "its last record was torn off");
    }
    return shard;
  }

  private void stopWriting() throws IOException {
    if (writer != null) {
      writer.close();
      writer = null;
    }
  }

  /** Deletes shards, those not used for longest first, until so many bytes fit. */
  private void makeRoom(long wanted) throws IOException {
    var files = files();
    bytes = files.stream().mapToLong(ShardFile::size).sum();
    for (var file : files) {
      if (bytes + wanted <= bound) {
        return;
      }
      if (writer != null && file.path().equals(writer.shard().file())) {
        stopWriting(); // it is the oldest: whatever is younger was used by others since
      }
      if (file.delete()) {
        LOG.debug("{}: deleted to keep the directory within {} bytes", file.path(), bound);
        bytes -= file.size();
      }
    }
    if (bytes + wanted > bound) {
      throw new IOException("its bound is reached, and nothing in it can be deleted");
    }
  }

  /** The shards of all fingerprints, those not used for longest first. */
  private List<ShardFile> files() throws IOException {
    var found = new ArrayList<ShardFile>();
    for (var entry : FileTree.entries(directory)) {
      if (Files.isDirectory(entry)) {
        for (var file : FileTree.entries(entry)) {
          if (isShard(file)) {
            ShardFile.of(file).ifPresent(found::add);
          }
        }
      }
    }
    found.sort(ShardFile.OLDEST_FIRST);
    return found;
  }

  /** Why nothing is written any more; null if nothing went wrong. */
  public synchronized @Nullable String failure() {
    return failure;
  }

  /** Files and records that were damaged. */
  public synchronized int damaged() {
    return damaged;
  }

  @Override
  public synchronized void close() {
    try {
      stopWriting();
      for (var shard : shards) {
        shard.close();
      }
    } catch (IOException e) {
      LOG.debug("{}: {}", directory, e.toString()); // all that is to be kept was written before
    }
    shards.clear();
    places.clear();
  }
}
