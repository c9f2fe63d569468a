package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.nn.Initializer;
import dev.mmib.nn.Values;
import dev.mmib.nn.Weights;
import dev.mmib.resnet.ResNetNames;
import dev.mmib.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tensors of one or more safetensors files as the weights of a model. */
public final class StoredWeights implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(StoredWeights.class);

  private static final String BERT = "bert.";
  private static final String RESNET = "resnet.";

  private final List<SafeTensors> files;
  private final Map<String, SafeTensors> fileOf = new LinkedHashMap<>();
  private final Set<String> read = new TreeSet<>();

  private StoredWeights(List<SafeTensors> files) {
    this.files = files;
    for (var file : files) {
      for (var name : file.tensors().keySet()) {
        if (fileOf.put(name, file) != null) {
          throw MmibException.in(
              file.file().toString(),
              ErrorCode.WEIGHT_INDEX,
              "the tensor " + MmibException.quote(name) + " is in another shard too",
              "Copy the model again.");
        }
      }
    }
  }

  /** Opens a file. */
  public static StoredWeights open(Path file) {
    return open(List.of(file));
  }

  /** Opens the shards of one model. */
  public static StoredWeights open(List<Path> shards) {
    return open(files -> shards.forEach(shard -> files.add(SafeTensors.open(shard))));
  }

  /** Opens the shards of an index and compares what they hold with it. */
  public static StoredWeights open(WeightIndex index) {
    return open(
        files ->
            index.shards(
                shard -> {
                  var file = SafeTensors.open(shard);
                  files.add(file);
                  return file.sizes();
                }));
  }

  private static StoredWeights open(Consumer<List<SafeTensors>> opening) {
    var files = new ArrayList<SafeTensors>();
    try {
      opening.accept(files);
      return new StoredWeights(files);
    } catch (RuntimeException | Error e) {
      files.forEach(SafeTensors::close);
      throw e;
    }
  }

  /** Extents of every tensor by its name in the files. */
  public Map<String, int[]> shapes() {
    var shapes = new LinkedHashMap<String, int[]>();
    fileOf.forEach((name, file) -> shapes.put(name, dims(file.entry(name))));
    return shapes;
  }

  /** Names that no weight was read from so far. */
  public Set<String> unread() {
    var names = new TreeSet<>(fileOf.keySet());
    names.removeAll(read);
    return Collections.unmodifiableSet(names);
  }

  /** Every weight from here, under its own name; one that is missing is refused. */
  public Weights all() {
    return (name, shape, fresh) -> required(name, List.of(name), shape);
  }

  /**
   * The weights of {@code bert.*} from here, the others from {@code otherwise}.
   *
   * <p>Names may lack the prefix {@code bert.} and may be of the time before HuggingFace's {@code
   * LayerNorm.weight}, with {@code gamma} and {@code beta}. Rows that the table of word pieces
   * lacks (added tokens) and a missing pooler are drawn afresh.
   */
  public Weights bert(Weights otherwise) {
    return (name, shape, fresh) -> {
      if (!name.startsWith(BERT)) {
        return otherwise.values(name, shape, fresh);
      }
      var spellings = bertSpellings(name);
      var found = find(spellings);
      if (found == null && name.startsWith("bert.pooler.")) {
        LOG.info("{} is not among the given weights; it starts afresh", name);
        return otherwise.values(name, shape, fresh);
      }
      if (found != null && name.equals("bert.embeddings.word_embeddings.weight")) {
        return table(found, name, shape, otherwise, fresh);
      }
      return required(name, spellings, shape);
    };
  }

  /** The weights of {@code resnet.*} by any of {@link ResNetNames}, the others elsewhere. */
  public Weights resnet(Weights otherwise) {
    var names = ResNetNames.of(fileOf.keySet());
    return (name, shape, fresh) ->
        name.startsWith(RESNET)
            ? required(name, names.stored(name.substring(RESNET.length())), shape)
            : otherwise.values(name, shape, fresh);
  }

  /** Extents of a tensor; null where there is none of this name. */
  int @Nullable [] dims(String name) {
    return fileOf.containsKey(name) ? dims(entry(name)) : null;
  }

  static List<String> bertSpellings(String name) {
    var spellings = new ArrayList<String>();
    for (var base : List.of(name, name.substring(BERT.length()))) {
      spellings.add(base);
      if (base.endsWith("LayerNorm.weight")) {
        spellings.add(base.replaceAll("weight$", "gamma"));
      } else if (base.endsWith("LayerNorm.bias")) {
        spellings.add(base.replaceAll("bias$", "beta"));
      }
    }
    return spellings;
  }

  private @Nullable String find(List<String> spellings) {
    return spellings.stream().filter(fileOf::containsKey).findFirst().orElse(null);
  }

  private Values required(String name, List<String> spellings, Shape shape) {
    var found = find(spellings);
    if (found == null) {
      throw MmibException.in(
          files.get(0).file().toString(),
          ErrorCode.WEIGHTS_MISMATCH,
          "no tensor " + MmibException.quote(name),
          Nearest.hint(name, fileOf.keySet()));
    }
    requireDims(found, shape.dims());
    return values(found);
  }

  /** A table of word pieces, with fresh rows for those that were added to the vocabulary. */
  private Values table(
      String found, String name, Shape shape, Weights otherwise, Initializer fresh) {
    var dims = dims(entry(found));
    if (dims.length != 2 || dims[1] != shape.last() || dims[0] >= shape.dim(0)) {
      requireDims(found, shape.dims());
      return values(found);
    }
    var rows = IntStream.range(0, dims[0]).toArray();
    return new RowValues(shape, values(found), rows, otherwise.values(name, shape, fresh));
  }

  private void requireDims(String found, int[] wanted) {
    var dims = dims(entry(found));
    if (!Arrays.equals(dims, wanted)) {
      throw MmibException.at(
          file(found).file().toString(),
          "tensor " + MmibException.quote(found),
          ErrorCode.WEIGHTS_MISMATCH,
          "has the shape " + Arrays.toString(dims) + ", the model's is " + Arrays.toString(wanted),
          "Check that config.json belongs to these weights.");
    }
  }

  StoredValues values(String found) {
    read.add(found);
    return new StoredValues(file(found), found);
  }

  private SafeTensors file(String found) {
    var file = fileOf.get(found);
    if (file == null) {
      throw new IllegalArgumentException("weights: no tensor '" + found + "'");
    }
    return file;
  }

  private TensorEntry entry(String found) {
    return file(found).entry(found);
  }

  private static int[] dims(TensorEntry entry) {
    // Extents beyond an int's belong to no tensor of ours; the comparison refuses them.
    return entry.dims().stream().mapToInt(d -> (int) Math.min(d, Integer.MAX_VALUE)).toArray();
  }

  @Override
  public void close() {
    files.forEach(SafeTensors::close);
  }
}
