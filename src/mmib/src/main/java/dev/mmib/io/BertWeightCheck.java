package dev.mmib.io;

import dev.mmib.bert.BertConfig;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares the tensors of a BERT checkpoint with what its configuration says. */
record BertWeightCheck(Path file, JsonObject json, BertConfig config) {

  private static final Logger LOG = LoggerFactory.getLogger(BertWeightCheck.class);
  private static final int MOST_NAMES = 8;

  /** One extent of a tensor, and the field of config.json that it follows from. */
  private record Extent(int size, String field) {}

  /** Refuses missing, doubled and ill-shaped tensors; lists those that have no use. */
  void check(Map<String, int[]> found) {
    checkHead(found.get("classifier.weight"));
    var missing = new ArrayList<String>();
    var unused = new TreeSet<>(found.keySet());
    expected()
        .forEach(
            (name, extents) -> {
              var spellings = new ArrayList<>(StoredWeights.bertSpellings(name));
              spellings.retainAll(found.keySet());
              if (spellings.size() > 1) {
                throw refuse(
                    spellings.get(0),
                    "is there as " + MmibException.quote(spellings.get(1)) + " too",
                    "Keep one of them.");
              }
              if (!spellings.isEmpty()) {
                var spelling = spellings.get(0);
                unused.remove(spelling);
                var dims = found.get(spelling);
                if (dims != null) {
                  requireDims(spelling, dims, extents);
                }
              } else if (!name.startsWith("bert.pooler.")) {
                missing.add(name);
              }
            });
    if (!missing.isEmpty()) {
      throw MmibException.in(
          file.toString(),
          ErrorCode.WEIGHTS_MISMATCH,
          missing.size() + " tensors are missing: " + names(missing),
          Nearest.hint(missing.get(0), found.keySet()));
    }
    if (!unused.isEmpty()) {
      LOG.info(
          "{}: {} tensors of no use here (heads, buffers): {}",
          file,
          unused.size(),
          names(List.copyOf(unused)));
    }
  }

  /** A classifier is not used here; but labels for another one are a sign of mixed-up files. */
  private void checkHead(int @Nullable [] dims) {
    if (dims == null || json.absent("id2label")) {
      return;
    }
    int labels = json.object("id2label").size();
    if (dims.length == 0 || dims[0] != labels) {
      throw refuse(
          "classifier.weight",
          "has shape "
              + Arrays.toString(dims)
              + ", but config.json's id2label "
              + labels
              + " labels",
          "Take config.json and the weights from the same model.");
    }
  }

  private static String names(List<String> names) {
    var shown =
        names.stream()
            .limit(MOST_NAMES)
            .map(MmibException::quote)
            .collect(Collectors.joining(", "));
    return names.size() > MOST_NAMES ? shown + ", …" : shown;
  }

  private Map<String, List<Extent>> expected() {
    var hidden = new Extent(config.hiddenSize(), "hidden_size");
    var inner = new Extent(config.intermediateSize(), "intermediate_size");
    var all = new LinkedHashMap<String, List<Extent>>();
    var tables =
        Map.of(
            "word_embeddings", new Extent(config.vocabularySize(), "vocab_size"),
            "position_embeddings", new Extent(config.maxPositions(), "max_position_embeddings"),
            "token_type_embeddings", new Extent(config.tokenTypes(), "type_vocab_size"));
    tables.forEach(
        (table, rows) -> all.put("bert.embeddings." + table + ".weight", List.of(rows, hidden)));
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

  private static void linear(
      Map<String, List<Extent>> all, String name, Extent outputs, Extent inputs) {
    all.put(name + ".weight", List.of(outputs, inputs));
    all.put(name + ".bias", List.of(outputs));
  }

  private static void norm(Map<String, List<Extent>> all, String name, Extent size) {
    all.put(name + ".weight", List.of(size));
    all.put(name + ".bias", List.of(size));
  }

  private void requireDims(String name, int[] dims, List<Extent> extents) {
    var wanted = extents.stream().mapToInt(Extent::size).toArray();
    if (Arrays.equals(dims, wanted)) {
      return;
    }
    int axis = 0;
    while (dims.length == wanted.length && dims[axis] == wanted[axis]) {
      axis++;
    }
    var field = extents.get(axis).field();
    throw refuse(
        name,
        "has shape "
            + Arrays.toString(dims)
            + " vs "
            + Arrays.toString(wanted)
            + ", because "
            + source(field)
            + field
            + " = "
            + extents.get(axis).size(),
        "Take config.json and the weights from the same model.");
  }

  /** Where config.json gives a field; a default has no place. */
  private String source(String field) {
    if (!json.has(field)) {
      return "by default ";
    }
    var position = json.at(field).error("", "").position();
    return "config.json " + (position == null ? "" : position + " ") + "says ";
  }

  private MmibException refuse(String tensor, String what, String hint) {
    return MmibException.at(
        file.toString(),
        "tensor " + MmibException.quote(tensor),
        ErrorCode.WEIGHTS_MISMATCH,
        what,
        hint);
  }
}
