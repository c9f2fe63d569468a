package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.ModelDirectory;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.model.MmibModel;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import dev.mmib.text.BertTokenizer;
import dev.mmib.train.checkpoint.Checkpoint;
import dev.mmib.train.checkpoint.CheckpointStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is in a training's checkpoints.
 *
 * <pre>
 *   config.json, model.safetensors, vocab.txt, labels.json   a model directory as any other
 *   optimizer.safetensors    m.NAME, v.NAME, step.NAME of every parameter that was updated
 *   state.json               a {@link TrainingState}
 *   manifest.json            digests, and what decides the training: {@link Origin}
 * </pre>
 */
final class Checkpoints {

  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String STATE = "state.json";
  private static final String FIRST_MOMENT = "m.";
  private static final String SECOND_MOMENT = "v.";
  private static final String UPDATES = "step.";

  /**
   * What a training cannot go on without unchanged.
   *
   * @param config every setting
   * @param data {@link DataFingerprint} of all splits
   * @param backend the device's description: another one, or another number of threads, gives other
   *     last bits
   */
  record Origin(JsonObject config, String data, String backend) {

    JsonObject toJson() {
      return new JsonObject().put("config", config).put("data", data).put("backend", backend);
    }

    static Origin of(Checkpoint checkpoint) {
      var facts = checkpoint.facts();
      return new Origin(facts.object("config"), facts.string("data"), facts.string("backend"));
    }
  }

  private final CheckpointStore store;
  private final Origin origin;

  Checkpoints(Path output, int kept, Origin origin) {
    this.store = CheckpointStore.of(directory(output), kept);
    this.origin = origin;
  }

  static Path directory(Path output) {
    return output.resolve("checkpoints");
  }

  /** The newest checkpoint of an output directory. */
  static Checkpoint newest(Path output) {
    return CheckpointStore.of(directory(output), 2)
        .newest()
        .orElseThrow(
            () ->
                MmibException.in(
                    output.toString(),
                    ErrorCode.CHECKPOINT,
                    "has no checkpoint to go on from",
                    "Start anew: with --overwrite instead of --resume."));
  }

  /** Saves where a training stands; weights or moments that are not finite are refused. */
  void save(MmibModel model, BertTokenizer tokenizer, TrainingState state, AdamW optimizer) {
    requireFinite(model, optimizer, state.step);
    var files =
        new LinkedHashMap<String, AtomicFile.Content>(ModelDirectory.files(model, tokenizer, null));
    files.put(OPTIMIZER, SafeTensors.content(tensors(model.backend(), optimizer), Map.of()));
    var text = Json.writeIndented(state.toJson());
    files.put(STATE, AtomicFile.Content.of(text.getBytes(StandardCharsets.UTF_8)));
    store.save(state.step, files, origin.toJson());
  }

  private static void requireFinite(MmibModel model, AdamW optimizer, long step) {
    var bad = NotFinite.firstWeight(model.parameters());
    if (bad == null) {
      bad =
          optimizer.states().entrySet().stream()
              .filter(
                  entry ->
                      !NotFinite.isFinite(model.backend(), entry.getValue().m())
                          || !NotFinite.isFinite(model.backend(), entry.getValue().v()))
              .map(entry -> "the optimizer's moments of " + entry.getKey())
              .findFirst()
              .orElse(null);
    }
    if (bad != null) {
      throw MmibException.of(
          ErrorCode.NOT_FINITE,
          "after step " + step + " '" + bad + "' is not finite: this is not saved",
          "The checkpoint before it is whole. Resume with a lower learningRate, or with clip=1.");
    }
  }

  private static Map<String, TensorSource> tensors(Backend backend, AdamW optimizer) {
    var tensors = new LinkedHashMap<String, TensorSource>();
    optimizer
        .states()
        .forEach(
            (name, state) -> {
              tensors.put(FIRST_MOMENT + name, source(backend, state.m()));
              tensors.put(SECOND_MOMENT + name, source(backend, state.v()));
              tensors.put(UPDATES + name, TensorSource.longs(Shape.of(), state.step()));
            });
    return tensors;
  }

  private static TensorSource source(Backend backend, Tensor tensor) {
    return TensorSource.floats(
        tensor.shape(), (at, to, count) -> backend.download(tensor.buffer(), at, to, 0, count));
  }

  /** Where the training of a checkpoint stood. */
  static TrainingState state(Checkpoint checkpoint) {
    return TrainingState.fromJson(
        Json.read(checkpoint.file(STATE), ErrorCode.CHECKPOINT).asObject());
  }

  /** Gives an optimizer what it remembered at a checkpoint. */
  static void restore(Checkpoint checkpoint, AdamW optimizer) {
    try (var file = SafeTensors.open(checkpoint.file(OPTIMIZER))) {
      for (var tensor : file.tensors().keySet()) {
        if (tensor.startsWith(UPDATES)) {
          var name = tensor.substring(UPDATES.length());
          optimizer.restore(
              name,
              file.readFloats(FIRST_MOMENT + name),
              file.readFloats(SECOND_MOMENT + name),
              file.readLongs(tensor)[0]);
        }
      }
    }
  }
}
