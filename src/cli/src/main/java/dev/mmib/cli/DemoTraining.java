package dev.mmib.cli;

import dev.mmib.backend.Backend;
import dev.mmib.model.Task;
import dev.mmib.score.Prf;
import dev.mmib.train.EpochReport;
import dev.mmib.train.Existing;
import dev.mmib.train.Settings;
import dev.mmib.train.StepReport;
import dev.mmib.train.Trainer;
import dev.mmib.train.TrainingListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The small trainings of the demonstration, and how they went. */
final class DemoTraining {

  /** One of the models that are compared. */
  enum Variant {
    FULL("with pictures"),
    TEXT_ONLY("text only", "textOnly=true"),
    WITHOUT_REFINEMENT("without refinement", "refinement=false"),
    WITHOUT_ALIGNMENT("without alignment", "alignment.kind=none");

    private final String title;
    private final List<String> settings;

    Variant(String title, String... settings) {
      this.title = title;
      this.settings = List.of(settings);
    }

    String title() {
      return title;
    }
  }

  /** The name of a training's directory. */
  static String directory(Task task, Variant variant) {
    return task.key() + "-" + variant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * How a training went.
   *
   * @param test the score on the test split
   * @param loss of each step
   * @param devF1 after each epoch
   * @param model its directory
   */
  record Run(Variant variant, Prf test, List<Double> loss, List<Double> devF1, Path model) {}

  /** Small models learn from few posts with larger steps and a weaker bottleneck than BERT's. */
  private static final List<String> SETTINGS =
      List.of(
          "batchSize=16",
          "learningRate=1e-3",
          "clip=1",
          "maxLength=48",
          "crops=1",
          "beta.alignment=0.1",
          "beta.text=0.1",
          "beta.image=0.1");

  private final Backend backend;
  private final Path out;
  private final long seed;
  private final boolean quick;
  private final TrainingListener shown;

  DemoTraining(Backend backend, Path out, long seed, boolean quick, TrainingListener shown) {
    this.backend = backend;
    this.out = out;
    this.seed = seed;
    this.quick = quick;
    this.shown = shown;
  }

  /** Trains one model on {@code data} and scores it; null if it was interrupted. */
  @Nullable Run run(Task task, Variant variant, Path data) {
    var settings = new Settings(task).set("seed", Long.toString(seed));
    SETTINGS.forEach(settings::set);
    settings.set("epochs", Integer.toString(epochs(task)));
    variant.settings.forEach(settings::set);
    var record = new Recorder();
    var result =
        Trainer.of(settings, data)
            .listener(record)
            .stopWhen(Interruption::asked)
            .run(backend, out.resolve(directory(task, variant)), Existing.OVERWRITE);
    return result.interrupted()
        ? null
        : new Run(
            variant,
            Objects.requireNonNull(result.test()),
            record.loss,
            record.devF1,
            result.model());
  }

  private int epochs(Task task) {
    if (quick) {
      return task == Task.NER ? 6 : 4;
    }
    return task == Task.NER ? 12 : 8;
  }

  /** Remembers the curves and passes everything on. */
  private final class Recorder implements TrainingListener {
    private final List<Double> loss = new ArrayList<>();
    private final List<Double> devF1 = new ArrayList<>();

    @Override
    public void stepped(StepReport report) {
      loss.add(report.taskLoss());
      shown.stepped(report);
    }

    @Override
    public void scored(EpochReport report) {
      devF1.add(report.dev().f1());
      shown.scored(report);
    }

    @Override
    public void scoring(String split, int done, int total) {
      shown.scoring(split, done, total);
    }
  }
}
