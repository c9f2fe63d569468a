package dev.mmib.model;

import dev.mmib.data.Fidelity;
import dev.mmib.model.AlignmentConfig.Kind;
import dev.mmib.model.AlignmentConfig.Pooling;
import dev.mmib.model.AlignmentConfig.Scorer;
import dev.mmib.model.MmibConfig.FusionKind;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Configurations that between them use every part of the method. */
final class Variants {

  private Variants() {}

  static Stream<Arguments> all() {
    return Stream.of(
        variant(Task.NER, "corrected", c -> {}),
        variant(Task.NER, "reference", c -> c.fidelity = Fidelity.REFERENCE),
        variant(Task.RE, "corrected", c -> {}),
        variant(Task.RE, "reference", c -> c.fidelity = Fidelity.REFERENCE),
        variant(Task.NER, "text only", c -> c.textOnly = true),
        variant(Task.RE, "text only", c -> c.textOnly = true),
        variant(
            Task.NER,
            "concat, InfoNCE of means",
            c -> {
              c.fusion = FusionKind.CONCAT;
              c.alignment =
                  new AlignmentConfig(Kind.INFONCE, Scorer.CONCAT, Pooling.MEAN, 1, 0.5, true);
            }),
        variant(
            Task.RE,
            "add, bilinear discriminator of sums, two negatives",
            c -> {
              c.fusion = FusionKind.ADD;
              c.alignment =
                  AlignmentConfig.STANDARD
                      .withScorer(Scorer.BILINEAR)
                      .withPooling(Pooling.SUM)
                      .withNegatives(2);
            }),
        variant(Task.NER, "without refinement", c -> c.refinement = false),
        variant(
            Task.RE,
            "without alignment, weighted",
            c -> {
              c.alignment = AlignmentConfig.STANDARD.withKind(Kind.NONE);
              c.beta = new Beta(1, 0.1, 0.01);
            }),
        variant(Task.NER, "frozen pictures", c -> c.image = c.image.withFrozen(true)));
  }

  private static Arguments variant(Task task, String name, Consumer<MmibConfig.Draft> change) {
    return Arguments.of(task.key() + ", " + name, Tiny.config(task).with(change));
  }
}
