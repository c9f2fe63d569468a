package dev.mmib.convert;

import dev.mmib.bert.BertConfig;
import dev.mmib.data.RelationEncoder;
import dev.mmib.data.RelationSet;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.ConfinedFiles;
import dev.mmib.io.Json;
import dev.mmib.model.Task;
import dev.mmib.text.BertTokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** What a released checkpoint lacks and other files have: vocabulary, configuration, relations. */
record ReleasedFiles(Path checkpoint, ConvertOptions options, List<String> notes) {

  /** The size of a head of every published BERT. */
  private static final int HEAD = 64;

  private static final String RELATIONS = "rel2id.json";

  private static final String GIVE =
      "Give the HuggingFace directory of the BERT that it was trained from: --text-encoder DIR.";

  private Path encoder() {
    var given = options.textEncoder();
    var beside = checkpoint.toAbsolutePath().getParent();
    return given != null ? given : Objects.requireNonNullElse(beside, checkpoint);
  }

  /**
   * The tokenizer of the released code: always lower-casing, and of relations with four markers
   * after the last token.
   */
  BertTokenizer tokenizer(Task task, ReleasedShapes shapes) {
    var directory = encoder();
    if (!Files.exists(directory.resolve("vocab.txt"))
        && !Files.exists(directory.resolve("tokenizer.json"))) {
      throw MmibException.in(
          checkpoint.toString(),
          ErrorCode.VOCABULARY,
          "has no vocabulary in it, and neither vocab.txt nor tokenizer.json is in " + directory,
          GIVE);
    }
    var tokenizer = BertTokenizer.load(directory);
    var cased = tokenizer.options();
    if (!cased.doLowerCase()) {
      notes.add("texts are lower-cased, as the released code does with every vocabulary");
      tokenizer =
          BertTokenizer.load(
              directory,
              new BertTokenizer.Options(
                  true,
                  cased.stripAccents(),
                  cased.tokenizeChineseChars(),
                  cased.maxInputCharsPerWord()));
    }
    if (task == Task.RE) {
      tokenizer = tokenizer.withAddedTokens(RelationEncoder.MARKERS);
    }
    int rows = shapes.vocabulary();
    // The released relation model cuts its table to the vocabulary; the other keeps spare rows.
    if (tokenizer.size() > rows || (task == Task.RE && tokenizer.size() != rows)) {
      throw MmibException.in(
          directory.toString(),
          ErrorCode.VOCABULARY,
          "has "
              + tokenizer.size()
              + " tokens"
              + (task == Task.RE ? ", the markers " + RelationEncoder.MARKERS + " included" : "")
              + ", the model's table "
              + rows
              + " rows",
          GIVE);
    }
    return tokenizer;
  }

  /** The text encoder's configuration; without a file, BERT's usual one of the weights' sizes. */
  BertConfig bertConfig(ReleasedShapes shapes) {
    var file = ConfinedFiles.in(encoder(), "config.json", ErrorCode.CONFIG);
    if (Files.exists(file)) {
      var given = BertConfig.fromJson(Json.read(file, ErrorCode.CONFIG).asObject());
      shapes.requireFits(given, file);
      return given.withVocabularySize(shapes.vocabulary());
    }
    if (shapes.hidden() % HEAD != 0) {
      throw MmibException.in(
          checkpoint.toString(),
          ErrorCode.CONFIG,
          "does not tell how many heads a text encoder of hidden size "
              + shapes.hidden()
              + " has, and there is no "
              + file,
          GIVE);
    }
    int heads = shapes.hidden() / HEAD;
    notes.add("no config.json: the text encoder is taken for one of " + heads + " heads and GELU");
    return shapes.bertConfig(heads);
  }

  /** The relations in the order of their indices. */
  List<String> relations() {
    var given = options.relations();
    var beside = Objects.requireNonNullElse(checkpoint.toAbsolutePath().getParent(), checkpoint);
    var file = given != null ? given : ConfinedFiles.in(beside, RELATIONS, ErrorCode.LABELS);
    if (given == null && !Files.exists(file)) {
      throw MmibException.in(
          checkpoint.toString(),
          ErrorCode.LABELS,
          "has no names of relations in it, and there is no rel2id.json beside it",
          "Give the one that it was trained with: --relations FILE.");
    }
    return RelationSet.read(file).relations();
  }
}
