package dev.mmib.train;

import dev.mmib.data.Fidelity;
import dev.mmib.model.MmibModel;
import dev.mmib.model.Task;
import java.util.List;

/**
 * Which learning rate and decay each parameter has.
 *
 * <p>Biases and norms do not decay. Reference: those whose name contains {@code bias} or {@code
 * LayerNorm} for entities, none for relations, as the released code has it.
 */
final class Groups {

  private static final List<String> RELEASED = List.of("bias", "LayerNorm");
  private static final List<String> NOT_DECAYED =
      List.of(
          "bias",
          "LayerNorm",
          ".ln1.",
          ".ln2.",
          ".norm.",
          ".norm1.",
          ".norm2.",
          "_norm.",
          ".bn",
          ".downsample.1.");
  private static final String CRF = "crf.";
  private static final List<String> ENCODERS = List.of("bert.", "resnet.");

  private Groups() {}

  /** An optimizer of all trainable parameters of a model. */
  static AdamW optimizer(MmibModel model, TrainConfig config) {
    var optimizer = new AdamW(model.backend(), AdamW.Options.adamW());
    model
        .parameters()
        .trainable()
        .forEach(
            (name, parameter) ->
                optimizer.add(
                    name,
                    parameter,
                    new AdamW.Group(
                        rate(name, config),
                        decays(name, model.config().task(), model.config().fidelity())
                            ? config.rates().weightDecay()
                            : 0)));
    return optimizer;
  }

  static double rate(String name, TrainConfig config) {
    var rates = config.rates();
    double own = 0;
    if (name.startsWith(CRF)) {
      own = rates.crfLearningRate();
    } else if (ENCODERS.stream().anyMatch(name::startsWith)) {
      own = rates.encoderLearningRate();
    }
    return own > 0 ? own : rates.learningRate();
  }

  static boolean decays(String name, Task task, Fidelity fidelity) {
    if (fidelity == Fidelity.REFERENCE) {
      return task == Task.RE || RELEASED.stream().noneMatch(name::contains);
    }
    return NOT_DECAYED.stream().noneMatch(name::contains);
  }
}
