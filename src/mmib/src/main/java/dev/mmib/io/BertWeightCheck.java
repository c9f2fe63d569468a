package dev.mmib.io;

import dev.mmib.bert.BertConfig;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.WeightCheck.Extent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the tensors of a BERT checkpoint with what its configuration says.
 *
 * @param tokens how many the vocabulary has, asked for messages only; −1 if there is none
 */
record BertWeightCheck(Path file, JsonObject json, BertConfig config, IntSupplier tokens) {

  private static final Logger LOG = LoggerFactory.getLogger(BertWeightCheck.class);
  private static final String CURE = "Take config.json and the weights from the same model.";
  private static final String TABLE = "bert.embeddings.word_embeddings.weight";

  /** Heads of tasks, and buffers that are no weights. */
  private static final Pattern HARMLESS =
      Pattern.compile(
          "(bert\\.)?(cls|classifier|qa_outputs|lm_head|dropout|predictions)\\..*"
              + "|.*\\.(position_ids|token_type_ids|num_batches_tracked)");

  private static final Pattern LAYER = Pattern.compile("(bert\\.)?encoder\\.layer\\.[0-9]+\\..*");

  /** Refuses missing, doubled and ill-shaped tensors; lists those that have no use. */
  void check(Map<String, int[]> found) {
    checkHead(found.get("classifier.weight"));
    var check = new WeightCheck(file, found);
    expected(found)
        .forEach(
            (name, extents) -> {
              var there = new ArrayList<>(StoredWeights.bertSpellings(name));
              there.retainAll(found.keySet());
              check.want(name, there, extents, name.startsWith("bert.pooler."));
            });
    if (check.isAnyMissing()) {
      refuseForeign(found);
    }
    if (!check.fits()) {
      throw check.refusal(name -> HARMLESS.matcher(name).matches(), CURE);
    }
    list(check.unused());
  }

  private void refuseForeign(Map<String, int[]> found) {
    var other = Architectures.of(found.keySet()).filter(o -> !o.network().equals("BERT"));
    if (other.isPresent()) {
      throw MmibException.at(
          file.toString(),
          "tensor " + MmibException.quote(other.get().tensor()),
          ErrorCode.CONFIG_UNSUPPORTED,
          "belongs to a " + other.get().network() + ", not to a BERT",
          "Give a BERT encoder.");
    }
  }

  private void list(List<String> unused) {
    var layers = unused.stream().filter(name -> LAYER.matcher(name).matches()).toList();
    if (!layers.isEmpty() && layers.stream().anyMatch(name -> !HARMLESS.matcher(name).matches())) {
      LOG.warn(
          "{}: {} tensors of layers beyond num_hidden_layers, {}, are left out: {}",
          file,
          layers.size(),
          config.layers(),
          WeightCheck.names(layers));
    }
    if (!unused.isEmpty()) {
      LOG.info(
          "{}: {} tensors of no use here (heads, buffers): {}",
          file,
          unused.size(),
          WeightCheck.names(unused));
    }
  }

  /** A classifier is not used here; but labels for another one are a sign of mixed-up files. */
  private void checkHead(int @Nullable [] dims) {
    if (dims == null || json.absent("id2label")) {
      return;
    }
    int labels = json.object("id2label").size();
    if (dims.length == 0 || dims[0] != labels) {
      throw MmibException.at(
          file.toString(),
          "tensor 'classifier.weight'",
          ErrorCode.WEIGHTS_MISMATCH,
          "has shape "
              + Arrays.toString(dims)
              + ", but config.json's id2label "
              + labels
              + " labels",
          CURE);
    }
  }

  private Map<String, List<Extent>> expected(Map<String, int[]> found) {
    var hidden = extent(config.hiddenSize(), "hidden_size");
    var inner = extent(config.intermediateSize(), "intermediate_size");
    var all = new LinkedHashMap<String, List<Extent>>();
    all.put(TABLE, List.of(vocabulary(found), hidden));
    all.put(
        "bert.embeddings.position_embeddings.weight",
        List.of(extent(config.maxPositions(), "max_position_embeddings"), hidden));
    all.put(
        "bert.embeddings.token_type_embeddings.weight",
        List.of(extent(config.tokenTypes(), "type_vocab_size"), hidden));
    norm(all, "bert.embeddings.LayerNorm", hidden);
    for (int i = 0; i < config.layers(); i++) {
      var layer = "bert.encoder.layer." + i + ".";
      for (var part : List.of("self.query", "self.key", "self.value", "output.dense")) {
        linear(all, layer + "attention." + part, hidden, hidden);
      }
      norm(all, layer + "attention.output.LayerNorm", hidden);
      linear(all, layer + "intermediate.dense", inner, hidden);
      linear(all, layer + "output.dense", hidden, inner);
      norm(all, layer + "output.LayerNorm", hidden);
    }
    linear(all, "bert.pooler.dense", hidden, hidden);
    return all;
  }

  /** Names the three numbers that must agree if they do not. */
  private Extent vocabulary(Map<String, int[]> found) {
    var extent = extent(config.vocabularySize(), "vocab_size");
    boolean agrees =
        StoredWeights.bertSpellings(TABLE).stream()
            .map(found::get)
            .allMatch(dims -> dims == null || (dims.length > 0 && dims[0] == extent.size()));
    int count = agrees ? -1 : tokens.getAsInt();
    return count < 0
        ? extent
        : new Extent(
            extent.size(), extent.reason() + " and the vocabulary has " + count + " tokens");
  }

  /** An extent and where config.json gives it; a default has no place. */
  private Extent extent(int size, String field) {
    var source = "by default ";
    if (!json.absent(field)) {
      var position = json.at(field).error("", "").position();
      source = "config.json " + (position == null ? "" : position + " ") + "says ";
    }
    return new Extent(size, source + field + " = " + size);
  }

  private static void linear(
      Map<String, List<Extent>> all, String name, Extent outputs, Extent inputs) {
    all.put(name + ".weight", List.of(outputs, inputs));
    all.put(name + ".bias", List.of(outputs));
  }

  private static void norm(Map<String, List<Extent>> all, String name, Extent size) {
    all.put(name + ".weight", List.of(size));
    all.put(name + ".bias", List.of(size));
  }
}
