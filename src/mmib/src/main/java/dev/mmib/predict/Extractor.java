package dev.mmib.predict;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Ahead;
import dev.mmib.io.ModelDirectory;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerModel;
import dev.mmib.model.RelationModel;
import dev.mmib.text.BertTokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds entities and relations in posts with trained models.
 *
 * <p>Immutable and thread-safe: load it once and share it by all threads. Texts and pictures are
 * prepared on the calling threads, the device computes for one of them at a time. A post's result
 * does not depend on which thread asks, and on the posts beside it only within rounding.
 *
 * <pre>{@code
 * try (Extractor extractor = Extractor.load(Path.of("model"), Device.auto())) {
 *   Extraction found = extractor.extract(Post.of("Kevin Durant enters Oracle Arena", image));
 * }
 * }</pre>
 */
public final class Extractor implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Extractor.class);

  /** Posts that the device sees at once. */
  private static final int BATCH = 16;

  /** Prepared batches that wait: one more is on its way to them, and one is computed. */
  private static final int AHEAD = 1;

  /** Posts that are taken from a stream before the first of them is computed. */
  private static final int TAKEN = 4 * BATCH;

  private final Backend backend;
  private final List<MmibModel> models;
  private final @Nullable EntityFinder entities;
  private final @Nullable RelationFinder relations;
  private final Object device = new Object();
  // Calls share it, closing takes it alone: so it waits for the calls that are running.
  private final ReentrantReadWriteLock life = new ReentrantReadWriteLock();
  private boolean closed;

  private Extractor(
      Backend backend,
      List<MmibModel> models,
      @Nullable EntityFinder entities,
      @Nullable RelationFinder relations) {
    this.backend = backend;
    this.models = models;
    this.entities = entities;
    this.relations = relations;
  }

  /** Loads a model of either task. */
  public static Extractor load(Path model, Device device) {
    return load(List.of(model), device);
  }

  /**
   * Loads both: entities are found, then the relation of every ordered pair of them, from head to
   * tail, None like any other. A post that gives a pair is asked about that pair only.
   */
  public static Extractor load(Path nerModel, Path reModel, Device device) {
    return load(List.of(nerModel, reModel), device);
  }

  /** Loads one model, or one of each task in any order. */
  public static Extractor load(List<Path> models, Device device) {
    try (var opening = new OpeningDevice(device::choose)) {
      var directories = models.stream().map(ModelDirectory::open).toList();
      var tokenizers = tokenizers(directories);
      Rehearsal.ofPost(directories, tokenizers);
      var choice = opening.take();
      var backend = choice.backend();
      choice.tell(LOG);
      var extractor = load(directories, tokenizers, backend);
      try {
        opening.rehearsed();
      } catch (RuntimeException | Error e) {
        extractor.close();
        throw e;
      }
      return extractor;
    }
  }

  private static List<BertTokenizer> tokenizers(List<ModelDirectory> directories) {
    return directories.stream().map(ModelDirectory::tokenizer).toList();
  }

  /** Takes over the device: it is closed with the extractor, or when a model is refused. */
  static Extractor load(List<ModelDirectory> directories, Backend backend) {
    List<BertTokenizer> tokenizers;
    try {
      tokenizers = tokenizers(directories);
    } catch (RuntimeException | Error e) {
      backend.close();
      throw e;
    }
    return load(directories, tokenizers, backend);
  }

  private static Extractor load(
      List<ModelDirectory> directories, List<BertTokenizer> tokenizers, Backend backend) {
    var models = new ArrayList<MmibModel>();
    EntityFinder entities = null;
    RelationFinder relations = null;
    try {
      for (int i = 0; i < directories.size(); i++) {
        var directory = directories.get(i);
        var tokenizer = tokenizers.get(i);
        var model = directory.load(backend);
        models.add(model);
        if (model instanceof NerModel ner && entities == null) {
          entities = new EntityFinder(ner, tokenizer);
        } else if (model instanceof RelationModel re && relations == null) {
          relations = new RelationFinder(re, tokenizer);
        } else {
          throw MmibException.in(
              directory.path().toString(),
              ErrorCode.USAGE,
              "is a second model of the same task",
              "Give one NER model, one RE model, or one of each.");
        }
      }
      if (entities == null && relations == null) {
        throw MmibException.of(ErrorCode.USAGE, "no model was given", "Give its directory.");
      }
      return new Extractor(backend, models, entities, relations);
    } catch (RuntimeException | Error e) {
      close(models, backend);
      throw e;
    }
  }

  /** What computes, such as {@code cpu}. */
  public String device() {
    return backend.name();
  }

  /** Extracts from one post; a picture that cannot be decoded is refused. */
  public Extraction extract(Post post) {
    return attempt(List.of(post)).get(0).orElseThrow();
  }

  /**
   * Extracts from several posts, in their order; the first that cannot be read is thrown. Otherwise
   * as {@link #attempt}.
   */
  public List<Extraction> extract(List<Post> posts) {
    return attempt(posts).stream().map(Outcome::orElseThrow).toList();
  }

  /**
   * Extracts from a stream of any length with bounded memory: posts are taken from it on the
   * calling thread, up to 64 at a time, as results are asked for, and go through {@link #attempt}
   * together.
   */
  public Stream<Extraction> extractAll(Stream<Post> posts) {
    return attemptAll(posts).map(Outcome::orElseThrow);
  }

  /** As {@link #extractAll}; a post that cannot be read does not end the stream. */
  public Stream<Outcome> attemptAll(Stream<Post> posts) {
    var source = posts.iterator();
    var batches =
        new Iterator<List<Outcome>>() {
          @Override
          public boolean hasNext() {
            return source.hasNext();
          }

          @Override
          public List<Outcome> next() {
            var some = new ArrayList<Post>();
            while (some.size() < TAKEN && source.hasNext()) {
              some.add(source.next());
            }
            return attempt(some);
          }
        };
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(batches, Spliterator.ORDERED), false)
        .flatMap(List::stream)
        .onClose(posts::close);
  }

  /**
   * Extracts from several posts; one that cannot be read does not keep the others from it.
   *
   * <p>Of more than 16 posts the next ones are prepared while some are computed, by a thread that
   * ends before this returns: there are never more than 48 posts' pictures in memory as numbers.
   * When the calling thread is interrupted meanwhile, {@code CANCELLED} is thrown.
   */
  public List<Outcome> attempt(List<Post> posts) {
    life.readLock().lock();
    try {
      if (closed) {
        throw MmibException.of(
            ErrorCode.CLOSED, "the extractor was closed", "Load the model again.");
      }
      return posts.size() <= BATCH ? prepared(posts).run() : attemptAhead(posts);
    } finally {
      life.readLock().unlock();
    }
  }

  private List<Outcome> attemptAhead(List<Post> posts) {
    var outcomes = new ArrayList<Outcome>();
    var parts = new ArrayList<List<Post>>();
    for (int from = 0; from < posts.size(); from += BATCH) {
      parts.add(posts.subList(from, Math.min(posts.size(), from + BATCH)));
    }
    var rest = parts.subList(1, parts.size()).stream().map(this::prepared).iterator();
    try (var ahead = new Ahead<>("mmib-posts", AHEAD, rest)) {
      // This thread would only wait for the first batch: it prepares that itself.
      for (var batch = prepared(parts.get(0)); batch != null; batch = ahead.next()) {
        outcomes.addAll(batch.run());
      }
    }
    return outcomes;
  }

  private PostBatch prepared(List<Post> posts) {
    var batch = new PostBatch(entities, relations, device, posts);
    batch.prepare();
    return batch;
  }

  /**
   * Which pictures the entities of a post looked at, or those of the pair that it asks about; of
   * models whose fusion is {@code cross}, empty of others.
   */
  public List<Look> looks(Post post) {
    life.readLock().lock();
    try {
      if (closed) {
        throw MmibException.of(
            ErrorCode.CLOSED, "the extractor was closed", "Load the model again.");
      }
      return prepared(List.of(post)).looks();
    } finally {
      life.readLock().unlock();
    }
  }

  /** Frees the models and the device, once the running calls are done. Twice does nothing. */
  @Override
  public void close() {
    life.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        close(models, backend);
      }
    } finally {
      life.writeLock().unlock();
    }
  }

  private static void close(List<MmibModel> models, Backend backend) {
    models.forEach(MmibModel::close);
    backend.close();
  }
}
