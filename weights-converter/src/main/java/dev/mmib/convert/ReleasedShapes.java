package dev.mmib.convert;

import dev.mmib.bert.BertConfig;
import dev.mmib.data.Fidelity;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.TensorSource;
import dev.mmib.model.AlignmentConfig.Scorer;
import dev.mmib.model.ImageConfig;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.MmibConfig.FusionKind;
import dev.mmib.model.Task;
import dev.mmib.resnet.ResNetConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What names and shapes of a released checkpoint tell of its model. */
record ReleasedShapes(Path file, Map<String, TensorSource> tensors) {

  /** Of every attention block of the released code, whatever the text encoder has. */
  private static final int BLOCK_HEADS = 12;

  /** No tensor of a wider model could be counted in an int. */
  private static final int WIDEST = 16_384;

  private static final String PICTURES = "vis_encoding.resnet.";
  private static final String LAYERS = "bert.encoder.layer.";
  private static final String CURE = "Give the best_model.pth that the released code saved.";

  /** The task: the two released classes call the text's mean differently. */
  Task task() {
    boolean ner = has("txt_mean.") || has("crf.") || has("fc.");
    boolean re = has("txt_encoding_mean.") || has("classifier.");
    if (ner == re) {
      throw refuse("has the names of both an NER and an RE model");
    }
    return ner ? Task.NER : Task.RE;
  }

  /** Rows of the table of word pieces. */
  int vocabulary() {
    return extent("bert.embeddings.word_embeddings.weight", 0);
  }

  /** The text encoder as far as shapes tell it. */
  BertConfig bertConfig(int heads) {
    var plain = BertConfig.of(vocabulary(), hidden(), layers(), heads, intermediate());
    return new BertConfig(
        plain.vocabularySize(),
        plain.hiddenSize(),
        plain.layers(),
        heads,
        plain.intermediateSize(),
        positions(),
        types(),
        plain.activation(),
        plain.layerNormEps(),
        plain.hiddenDropout(),
        plain.attentionDropout(),
        plain.initializerRange(),
        plain.padId());
  }

  int hidden() {
    int hidden = extent("bert.embeddings.word_embeddings.weight", 1);
    if (hidden > WIDEST) {
      throw refuse("has a hidden size of " + hidden + ", more than " + WIDEST);
    }
    return hidden;
  }

  private int intermediate() {
    return extent(LAYERS + "0.intermediate.dense.weight", 0);
  }

  private int positions() {
    return extent("bert.embeddings.position_embeddings.weight", 0);
  }

  private int types() {
    return extent("bert.embeddings.token_type_embeddings.weight", 0);
  }

  private int layers() {
    var numbers = new HashSet<String>();
    for (var name : tensors.keySet()) {
      int end = name.startsWith(LAYERS) ? name.indexOf('.', LAYERS.length()) : -1;
      if (end > 0) {
        numbers.add(name.substring(LAYERS.length(), end));
      }
    }
    int layers = 0;
    while (numbers.contains(Integer.toString(layers))) {
      layers++;
    }
    return layers;
  }

  /** Refuses a configuration of another encoder. */
  void requireFits(BertConfig given, Path config) {
    var found = new LinkedHashMap<String, int[]>();
    found.put("hidden_size", new int[] {given.hiddenSize(), hidden()});
    found.put("num_hidden_layers", new int[] {given.layers(), layers()});
    found.put("intermediate_size", new int[] {given.intermediateSize(), intermediate()});
    found.put("max_position_embeddings", new int[] {given.maxPositions(), positions()});
    found.put("type_vocab_size", new int[] {given.tokenTypes(), types()});
    found.forEach(
        (field, sizes) -> {
          if (sizes[0] != sizes[1]) {
            throw MmibException.in(
                config.toString(),
                ErrorCode.WEIGHTS_MISMATCH,
                field + " is " + sizes[0] + ", that of " + file + " is " + sizes[1],
                "Give the text encoder that the model was trained from.");
          }
        });
  }

  /** The model's settings: what the weights tell, for the rest the released code's. */
  MmibConfig config(Task task, Fidelity fidelity, BertConfig bert) {
    var usual = MmibConfig.of(task);
    return usual.with(
        c -> {
          c.fidelity = fidelity;
          c.fusion = fusion();
          c.alignment = usual.alignment().withScorer(scorer());
          c.attentionHeads = BLOCK_HEADS;
          c.maxLength = Math.min(usual.maxLength(), bert.maxPositions());
          c.image = ImageConfig.of(network().name());
        });
  }

  private FusionKind fusion() {
    var forms = new ArrayList<FusionKind>();
    if (has("img2txt_cross.") || has("txt2img_cross.")) {
      forms.add(FusionKind.CROSS);
    }
    if (has("cross_encoder.")) {
      forms.add(FusionKind.CONCAT);
    }
    if (has("ln.")) {
      forms.add(FusionKind.ADD);
    }
    if (forms.size() != 1) {
      throw refuse(
          forms.isEmpty() ? "has no weights of a fusion" : "has weights of several fusions");
    }
    return forms.get(0);
  }

  private Scorer scorer() {
    return tensor("discrimonator.weight").dims().size() == 3 ? Scorer.BILINEAR : Scorer.CONCAT;
  }

  private ResNetConfig network() {
    var shapes = new LinkedHashMap<String, int[]>();
    tensors.forEach(
        (name, source) -> {
          if (name.startsWith(PICTURES)) {
            shapes.put(
                name.substring(PICTURES.length()),
                source.dims().stream()
                    .mapToInt(d -> (int) Math.min(d, Integer.MAX_VALUE))
                    .toArray());
          }
        });
    return ResNetConfig.ofShapes(shapes)
        .orElseThrow(() -> refuse("has under " + PICTURES + " no ResNet that is known"));
  }

  /** The labels, if there are as many as the last layer has rows. */
  List<String> labels(List<String> labels, String last) {
    int rows = extent(last, 0);
    if (rows != labels.size()) {
      throw MmibException.at(
          file.toString(),
          "tensor " + MmibException.quote(last),
          ErrorCode.LABELS,
          "has " + rows + " rows, but there are " + labels.size() + " labels",
          last.startsWith("classifier")
              ? "Give the rel2id.json that it was trained with: --relations FILE."
              : "The released code has the tags " + String.join(" ", labels) + ".");
    }
    return labels;
  }

  private boolean has(String prefix) {
    return tensors.keySet().stream().anyMatch(name -> name.startsWith(prefix));
  }

  private int extent(String name, int axis) {
    var dims = tensor(name).dims();
    if (dims.size() != 2 || dims.get(axis) < 1 || dims.get(axis) > Integer.MAX_VALUE) {
      throw refuse("has " + MmibException.quote(name) + " of the shape " + dims);
    }
    return dims.get(axis).intValue();
  }

  private TensorSource tensor(String name) {
    var tensor = tensors.get(name);
    if (tensor == null) {
      throw refuse("has no tensor " + MmibException.quote(name));
    }
    return tensor;
  }

  private MmibException refuse(String what) {
    return MmibException.in(file.toString(), ErrorCode.WEIGHTS_MISMATCH, what, CURE);
  }
}
