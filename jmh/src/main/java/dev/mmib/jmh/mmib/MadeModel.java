package dev.mmib.jmh.mmib;

import dev.mmib.backend.Device;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.TagSet;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.Json;
import dev.mmib.io.ModelDirectory;
import dev.mmib.jmh.MadePosts;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.NerModel;
import dev.mmib.nn.Weights;
import dev.mmib.text.BertTokenizer;
import dev.mmib.text.VocabularyBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Directories of models with random weights, and with a vocabulary that suits made posts. */
final class MadeModel {

  private static final int VOCABULARY_TEXTS = 500;
  private static final int LARGEST_VOCABULARY = 20_000;

  private MadeModel() {}

  /** One that knows every word of the first made posts. */
  static BertTokenizer tokenizer() {
    var options = BertTokenizer.Options.uncased();
    var vocabulary =
        new VocabularyBuilder(options)
            .addAll(MadePosts.texts(VOCABULARY_TEXTS))
            .build(LARGEST_VOCABULARY, 1);
    return BertTokenizer.of(vocabulary, options);
  }

  /** Writes that tokenizer and the sizes of a text encoder, from which a training may start. */
  static void writeEncoder(Path directory, BertConfig bert) throws IOException {
    Files.createDirectories(directory);
    var tokenizer = tokenizer();
    tokenizer.save(directory);
    var fitting = bert.withVocabularySize(tokenizer.size());
    AtomicFile.write(directory.resolve("config.json"), Json.write(fitting.toJson()));
  }

  /** Writes a model that finds entities; {@code bert} gives the sizes beside the vocabulary. */
  static void write(Path directory, MmibConfig config, BertConfig bert) {
    var tokenizer = tokenizer();
    var fitting = bert.withVocabularySize(tokenizer.size());
    try (var backend = Device.of("java").open();
        var model =
            NerModel.create(backend, config, fitting, TagSet.twitter(), Weights.random(1))) {
      ModelDirectory.save(directory, model, tokenizer);
    }
  }
}
