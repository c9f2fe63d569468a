package dev.mmib.cli;

import dev.mmib.data.Fidelity;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.Task;
import dev.mmib.resnet.ResNetConfig;
import dev.mmib.score.Prf;
import dev.mmib.train.ModelSource;
import dev.mmib.train.Settings;
import dev.mmib.train.RowSettings.MissingImages;
import dev.mmib.train.TrainResult;
import dev.mmib.train.Trainer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a model. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = "Trains a model on a data directory; the best one by the dev set is kept.")
final class TrainCommand implements Callable<Integer> {

  private static final int INTERRUPTED = 130;

  private final Console console;

  @Option(names = "--task", required = true, paramLabel = "ner|re", description = "The task.")
  private Task task = Task.NER;

  @Option(names = "--data", required = true, paramLabel = "DIR", description = "The data.")
  private Path data = Path.of("");

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Receives metrics, plots and the directory model.")
  private Path out = Path.of("");

  @Option(
      names = "--text-encoder",
      paramLabel = "DIR",
      description = "A BERT as HuggingFace publishes it. Default: a small one of random weights.")
  private @Nullable Path textEncoder;

  @Option(
      names = "--image-encoder",
      paramLabel = "SPEC",
      description =
          "Safetensors of ResNet weights, a directory with them, or tiny, resnet18, resnet34,"
              + " resnet50, resnet101, resnet152 of random weights. Default: tiny.")
  private @Nullable String imageEncoder;

  @Option(names = "--from", paramLabel = "MODEL", description = "A trained model to start from.")
  private @Nullable Path from;

  @Option(names = "--config", paramLabel = "FILE", description = "Settings, as JSON.")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting, such as epochs=5 or alignment.kind=infonce; repeatable.")
  private List<String> sets = List.of();

  @Option(names = "--text-only", description = "A model without pictures.")
  private boolean textOnly;

  @Option(
      names = "--fidelity",
      paramLabel = "corrected|reference",
      description = "Whether the released code's mistakes are kept. Default: corrected.")
  private @Nullable Fidelity fidelity;

  @Option(names = "--overwrite", description = "Replace the results of an earlier training.")
  private boolean overwrite;

  @Option(names = "--limit", paramLabel = "N", description = "Only the first N rows of a split.")
  private @Nullable Integer limit;

  @Option(
      names = "--missing-images",
      paramLabel = "zero|fail",
      description = "A black picture in the place of a missing one, or an error. Default: zero.")
  private @Nullable MissingImages missingImages;

  @Option(names = "--seed", paramLabel = "N", description = "Decides all chance. Default: 1.")
  private @Nullable Long seed;

  @Option(
      names = "--progress",
      paramLabel = "auto|bar|log|none",
      description = "How progress is shown. Default: auto.")
  private Progress.Kind progress = Progress.Kind.AUTO;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  @Mixin private final DeviceOptions device = new DeviceOptions();

  TrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var settings = settings();
    boolean named = imageEncoder != null && ResNetConfig.isKnown(imageEncoder);
    var weights = imageEncoder == null || named ? null : Path.of(imageEncoder);
    var trainer =
        Trainer.of(settings, data)
            .from(new ModelSource(textEncoder, weights, from))
            .stopWhen(Interruption::asked);
    var shown = new Progress(console, progress);
    try (var backend = device.open().backend()) {
      var result = trainer.listener(shown).run(backend, out, overwrite);
      shown.clear();
      if (json) {
        console.print(result.toJson());
      } else {
        print(result);
      }
      return result.interrupted() ? INTERRUPTED : 0;
    }
  }

  private Settings settings() {
    var settings = new Settings(task);
    if (from != null) {
      settings.model(from);
    }
    if (config != null) {
      settings.file(config);
    }
    if (imageEncoder != null) {
      if (textOnly) {
        throw MmibException.of(
            ErrorCode.USAGE,
            "--image-encoder and --text-only exclude each other",
            "A model of text only has no picture encoder.");
      }
      if (ResNetConfig.isKnown(imageEncoder)) {
        settings.set("image.encoder", imageEncoder);
      }
    }
    sets.forEach(settings::set);
    if (textOnly) {
      settings.set("textOnly", "true");
    }
    if (fidelity != null) {
      settings.set("fidelity", lower(fidelity));
    }
    if (limit != null) {
      if (limit < 1) {
        throw MmibException.of(
            ErrorCode.USAGE, "--limit is " + limit + ", not 1 or more", "Give a number of rows.");
      }
      settings.set("limit", limit.toString());
    }
    if (missingImages != null) {
      settings.set("missingImages", lower(missingImages));
    }
    if (seed != null) {
      settings.set("seed", seed.toString());
    }
    return settings;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private void print(TrainResult result) {
    console.print("device      " + result.device());
    console.print("epochs      " + result.epochs() + ", best " + result.bestEpoch());
    console.print("dev         " + scores(result.dev()));
    var test = result.test();
    console.print("test        " + (test == null ? "none" : scores(test)));
    console.print(String.format(Locale.ROOT, "posts/s     %.1f", result.postsPerSecond()));
    console.print("no picture  " + result.missingImages());
    console.print("model       " + result.model());
  }

  private static String scores(Prf score) {
    return String.format(
        Locale.ROOT, "P %.4f  R %.4f  F1 %.4f", score.precision(), score.recall(), score.f1());
  }
}
