package dev.mmib.convert;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.backend.sizing.SizingBackend;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.RelationSet;
import dev.mmib.data.TagSet;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.ModelDirectory;
import dev.mmib.io.TensorSource;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.MmibConfig.FusionKind;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerModel;
import dev.mmib.model.RelationModel;
import dev.mmib.model.ReleasedNames;
import dev.mmib.model.Task;
import dev.mmib.nn.Weights;
import dev.mmib.text.BertTokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A checkpoint of the released MMIB code as the model that it is.
 *
 * @param labels tags or relations by index
 * @param weights by this library's names
 * @param notes what was left out or assumed, in sentences
 */
record ReleasedModel(
    BertConfig bert,
    MmibConfig config,
    List<String> labels,
    BertTokenizer tokenizer,
    Map<String, TensorSource> weights,
    List<String> notes) {

  /** What the released code saves and nothing computes with. */
  private static final Pattern BUFFERS =
      Pattern.compile(
          "bert\\.embeddings\\.position_ids"
              + "|vis_encoding\\.resnet\\.(.*\\.num_batches_tracked|fc\\.(weight|bias))");

  /** Whether these are the names of a released model, complete or not. */
  static boolean isReleased(Collection<String> names) {
    return names.stream()
        .anyMatch(
            name ->
                name.startsWith("txt_mean.cross_attn.")
                    || name.startsWith("txt_encoding_mean.cross_attn."));
  }

  /** Reads a checkpoint's tensors, and from other files what a checkpoint does not hold. */
  static ReleasedModel of(
      Path checkpoint, Map<String, TensorSource> tensors, ConvertOptions options) {
    var notes = new ArrayList<String>();
    var shapes = new ReleasedShapes(checkpoint, tensors);
    var task = shapes.task();
    var beside = new ReleasedFiles(checkpoint, options, notes);
    var tokenizer = beside.tokenizer(task, shapes);
    var bert = beside.bertConfig(shapes);
    var config = shapes.config(task, options.fidelity(), bert);
    var labels =
        task == Task.NER
            ? shapes.labels(TagSet.twitter().tags(), "fc.weight")
            : shapes.labels(beside.relations(), "classifier.weight");
    if (config.fusion() != FusionKind.CROSS) {
      notes.add("the released code makes this fusion and never runs it: here pictures are pooled");
    }
    notes.add("the fidelity is " + options.fidelity().name().toLowerCase(Locale.ROOT));
    var weights = renamed(checkpoint, tensors, task, expected(bert, config, labels), notes);
    return new ReleasedModel(bert, config, labels, tokenizer, weights, notes);
  }

  /** Shapes of all weights that such a model has; nothing is computed or allocated. */
  private static Map<String, int[]> expected(
      BertConfig bert, MmibConfig config, List<String> labels) {
    var shapes = new TreeMap<String, int[]>();
    try (var plain = new JavaBackend(1);
        var backend = new SizingBackend(plain);
        var model = model(backend, bert, config, labels)) {
      model.parameters().all().forEach((name, tensor) -> shapes.put(name, tensor.shape().dims()));
    }
    return shapes;
  }

  private static MmibModel model(
      SizingBackend backend, BertConfig bert, MmibConfig config, List<String> labels) {
    return config.task() == Task.NER
        ? NerModel.create(backend, config, bert, TagSet.ofTags(labels), Weights.NONE)
        : RelationModel.create(backend, config, bert, RelationSet.of(labels), Weights.NONE);
  }

  private static Map<String, TensorSource> renamed(
      Path checkpoint,
      Map<String, TensorSource> tensors,
      Task task,
      Map<String, int[]> expected,
      List<String> notes) {
    var names = ReleasedNames.of(task);
    var weights = new LinkedHashMap<String, TensorSource>();
    var missing = new ArrayList<String>();
    var used = new HashSet<String>();
    expected.forEach(
        (ours, dims) -> {
          var released = names.released(ours).orElse(ours);
          var source = tensors.get(released);
          if (source == null) {
            missing.add(released);
          } else {
            requireShape(checkpoint, released, source, dims);
            weights.put(ours, source);
            used.add(released);
          }
        });
    if (!missing.isEmpty()) {
      throw MmibException.in(
          checkpoint.toString(),
          ErrorCode.WEIGHTS_MISMATCH,
          missing.size()
              + " tensors of a released "
              + task
              + " model are missing: "
              + Walk.names(missing),
          "Give the best_model.pth that the released code saved.");
    }
    var foreign =
        tensors.keySet().stream()
            .filter(name -> !used.contains(name) && !BUFFERS.matcher(name).matches())
            .toList();
    if (!foreign.isEmpty()) {
      notes.add(
          "left out are "
              + foreign.size()
              + " tensors that no released model has: "
              + Walk.names(foreign));
    }
    return weights;
  }

  private static void requireShape(Path file, String name, TensorSource source, int[] dims) {
    var wanted = Arrays.stream(dims).mapToObj(d -> (long) d).toList();
    if (!source.dims().equals(wanted)) {
      throw MmibException.at(
          file.toString(),
          "tensor " + MmibException.quote(name),
          ErrorCode.WEIGHTS_MISMATCH,
          "has the shape " + source.dims() + ", the model's is " + wanted,
          "Give the checkpoint as the released code saved it.");
    }
  }

  /** The files of the model's directory. */
  Map<String, AtomicFile.Content> files(Map<String, TensorSource> from) {
    return ModelDirectory.files(bert, config, labels, tokenizer, from, null);
  }
}
