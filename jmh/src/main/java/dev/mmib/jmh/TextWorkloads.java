package dev.mmib.jmh;

import dev.mmib.jmh.djl.HuggingFaceTokens;
import dev.mmib.jmh.mmib.MmibTokens;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Posts into word pieces, on one thread. */
final class TextWorkloads {

  /** System property: where bert-base-uncased lies, with its vocab.txt and tokenizer.json. */
  static final String DATA = "mmib.data";

  private static final int POSTS = 512;
  private static final int BATCH = 16;

  private TextWorkloads() {}

  /** Empty, with a line that says so, where the vocabulary is not there. */
  static List<Workload> all() {
    var directory = Path.of(System.getProperty(DATA, "../shared/data"), "bert-base-uncased");
    if (!Files.exists(directory.resolve("tokenizer.json"))) {
      System.err.println("tokens: left out, there is no " + directory + ": give -Dmmib.data");
      return List.of();
    }
    return List.of(workload("single", directory, 1), workload("batches-of-16", directory, BATCH));
  }

  private static Workload workload(String name, Path directory, int batch) {
    return Workload.of("tokens", name, 0)
        .onThreads(1)
        .within(0)
        .with(Workload.OURS, threads -> new MmibTokens(directory, MadePosts.texts(POSTS)))
        .with(
            "huggingface",
            threads -> new HuggingFaceTokens(directory, MadePosts.texts(POSTS), batch));
  }
}
