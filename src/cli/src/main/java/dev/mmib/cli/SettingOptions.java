package dev.mmib.cli;

import dev.mmib.data.Fidelity;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.Task;
import dev.mmib.resnet.ResNetConfig;
import dev.mmib.train.RowSettings.MissingImages;
import dev.mmib.train.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What decides a training: its settings, however they are given. */
final class SettingOptions {

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init")
  private CommandSpec command;

  @Option(names = "--task", required = true, paramLabel = "ner|re", description = "The task.")
  private Task task = Task.NER;

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
      description =
          "One setting, such as epochs=5 or alignment.kind=infonce; repeatable, the later counts.")
  private List<String> sets = List.of();

  @Option(names = "--text-only", description = "A model without pictures.")
  private boolean textOnly;

  @Option(
      names = "--fidelity",
      paramLabel = "corrected|reference",
      description = "Whether the released code's mistakes are kept. Default: corrected.")
  private @Nullable Fidelity fidelity;

  @Option(names = "--limit", paramLabel = "N", description = "Only the first N rows of a split.")
  private @Nullable Integer limit;

  @Option(
      names = "--missing-images",
      paramLabel = "zero|fail",
      description =
          "A plain grey picture in the place of a missing one, or an error. Default: zero.")
  private @Nullable MissingImages missingImages;

  @Option(names = "--seed", paramLabel = "N", description = "Decides all chance. Default: 1.")
  private @Nullable Long seed;

  @Nullable Path from() {
    return from;
  }

  @Nullable Path config() {
    return config;
  }

  /** The file or directory of the picture encoder's weights, if it starts from any. */
  @Nullable Path imageWeights() {
    return imageEncoder == null || ResNetConfig.isKnown(imageEncoder)
        ? null
        : Path.of(imageEncoder);
  }

  /** Everything that was given: an option counts more than the environment, that than a file. */
  GivenSettings settings(Environment environment) {
    var given = new GivenSettings(new Settings(task));
    if (from != null) {
      given.model(from);
    }
    if (config != null) {
      given.file(config);
    }
    boolean seedIsAnOption = command.commandLine().getParseResult().hasMatchedOption("--seed");
    given.words(environment.value(Environment.SETTINGS), Environment.SETTINGS);
    if (seed != null && !seedIsAnOption) {
      given.set("seed", seed.toString(), "MMIB_SEED");
    }
    var options = given.options();
    sets.forEach(options::assign);
    if (seed != null && seedIsAnOption) {
      options.set("seed", seed.toString(), "--seed");
    }
    if (textOnly && imageEncoder != null) {
      throw MmibException.of(
          ErrorCode.USAGE,
          "--image-encoder and --text-only exclude each other",
          "A model of text only has no picture encoder.");
    }
    if (imageEncoder != null && ResNetConfig.isKnown(imageEncoder)) {
      options.set("image.encoder", imageEncoder, "--image-encoder");
    }
    if (textOnly) {
      options.set("textOnly", "true", "--text-only");
    }
    if (fidelity != null) {
      options.set("fidelity", lower(fidelity), "--fidelity");
    }
    if (limit != null) {
      if (limit < 1) {
        throw MmibException.of(
            ErrorCode.USAGE, "--limit is " + limit + ", not 1 or more", "Give a number of rows.");
      }
      options.set("limit", limit.toString(), "--limit");
    }
    if (missingImages != null) {
      options.set("missingImages", lower(missingImages), "--missing-images");
    }
    return given;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
