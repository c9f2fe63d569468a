package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The weights in a directory as HuggingFace publishes them: one file, or shards with an index. */
record WeightFiles(Path directory) {

  private static final Logger LOG = LoggerFactory.getLogger(WeightFiles.class);

  static final String SINGLE = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";
  private static final List<String> PICKLES =
      List.of("pytorch_model.bin", "pytorch_model.bin.index.json");

  /** The file of safetensors or the index; null where there is neither. */
  @Nullable Path file() {
    for (var name : List.of(SINGLE, INDEX)) {
      if (ConfinedFiles.has(directory, name)) {
        return ConfinedFiles.in(directory, name, ErrorCode.MODEL_FILE);
      }
    }
    return null;
  }

  /** The name of weights that PyTorch pickled; null where there are none. */
  @Nullable String pickle() {
    return PICKLES.stream()
        .filter(name -> ConfinedFiles.has(directory, name))
        .findFirst()
        .orElse(null);
  }

  /** Opens them; PyTorch's pickles beside them are never read. */
  StoredWeights open() {
    var file = file();
    var pickle = pickle();
    if (file == null) {
      throw missing(pickle);
    }
    if (pickle != null) {
      LOG.info("{}: {} is read, {} is not", directory, file.getFileName(), pickle);
    }
    return file.endsWith(INDEX)
        ? StoredWeights.open(WeightIndex.read(file))
        : StoredWeights.open(file);
  }

  private MmibException missing(@Nullable String pickle) {
    return MmibException.in(
        directory.toString(),
        ErrorCode.MODEL_FILE,
        pickle == null ? "has no " + SINGLE : "has " + pickle + ", but no " + SINGLE,
        pickle == null
            ? "Put the weights there."
            : "Pickles are not read here. " + ConvertHint.of(directory, "OUT"));
  }
}
