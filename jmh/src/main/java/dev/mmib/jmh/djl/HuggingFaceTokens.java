package dev.mmib.jmh.djl;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.mmib.jmh.Contender;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** HuggingFace's tokenizer in Rust through DJL. */
public final class HuggingFaceTokens implements Contender {

  private final HuggingFaceTokenizer tokenizer;
  private final List<String> texts;
  private final int batch;
  private final Encoding[] encoded;

  /**
   * One with the tokenizer.json of a directory.
   *
   * @param batch texts that are handed over at once
   */
  public HuggingFaceTokens(Path directory, List<String> texts, int batch) throws IOException {
    Djl.offline();
    this.tokenizer = HuggingFaceTokenizer.newInstance(directory.resolve("tokenizer.json"));
    this.texts = texts;
    this.batch = batch;
    this.encoded = new Encoding[texts.size()];
  }

  @Override
  public void run() {
    for (int from = 0; from < encoded.length; from += batch) {
      if (batch == 1) {
        encoded[from] = tokenizer.encode(texts.get(from));
      } else {
        int to = Math.min(encoded.length, from + batch);
        var some = tokenizer.batchEncode(texts.subList(from, to));
        System.arraycopy(some, 0, encoded, from, some.length);
      }
    }
  }

  @Override
  public float[] result() {
    run();
    long[] ids =
        Arrays.stream(encoded)
            .flatMapToLong(
                e -> {
                  long[] mask = e.getAttentionMask(); // a batch is padded to its longest text
                  long[] all = e.getIds();
                  return Arrays.stream(all, 0, (int) Arrays.stream(mask).sum());
                })
            .toArray();
    var values = new float[ids.length];
    for (int i = 0; i < ids.length; i++) {
      values[i] = ids[i];
    }
    return values;
  }

  @Override
  public String description() {
    return "HuggingFace tokenizers through DJL, version " + tokenizer.getVersion();
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
