package dev.mmib.jmh.mmib;

import dev.mmib.jmh.Contender;
import dev.mmib.text.BertTokenizer;
import dev.mmib.text.EncodeOptions;
import dev.mmib.text.Encoding;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** This library's tokenizer, on one thread. */
public final class MmibTokens implements Contender {

  private final BertTokenizer tokenizer;
  private final List<String> texts;
  private final Encoding[] encoded;

  /** One with the vocab.txt of a directory. */
  public MmibTokens(Path directory, List<String> texts) {
    this.tokenizer = BertTokenizer.load(directory.resolve("vocab.txt"));
    this.texts = texts;
    this.encoded = new Encoding[texts.size()];
  }

  @Override
  public void run() {
    for (int i = 0; i < encoded.length; i++) {
      encoded[i] = tokenizer.encode(texts.get(i), EncodeOptions.whole());
    }
  }

  @Override
  public float[] result() {
    run();
    int[] ids = Arrays.stream(encoded).flatMapToInt(e -> Arrays.stream(e.ids())).toArray();
    var values = new float[ids.length];
    for (int i = 0; i < ids.length; i++) {
      values[i] = ids[i];
    }
    return values;
  }

  @Override
  public String description() {
    return "BertTokenizer";
  }

  @Override
  public void close() {}
}
