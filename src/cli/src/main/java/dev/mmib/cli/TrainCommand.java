package dev.mmib.cli;

import dev.mmib.backend.Device;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import dev.mmib.score.Prf;
import dev.mmib.train.Existing;
import dev.mmib.train.ModelSource;
import dev.mmib.train.TrainResult;
import dev.mmib.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a model. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = "Trains a model on a data directory; the best one by the dev set is kept.",
    footer = {
      "",
      "A setting is what an option says, else the environment (MMIB_SEED, and MMIB_SET with"
          + " words KEY=VALUE), else --config, else --from, else its usual value."
    })
final class TrainCommand implements Callable<Integer> {

  private final Console console;
  private final Environment environment;

  @Mixin private final SettingOptions options = new SettingOptions();

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
      names = "--resume",
      description =
          "Go on with the training in --out after its last checkpoint, bit for bit. Settings that"
              + " are not given are what they were; given ones must agree.")
  private boolean resume;

  @Option(
      names = "--force",
      description =
          "With --resume: although settings or data differ. The result is then that of neither.")
  private boolean force;

  @Option(names = "--overwrite", description = "Replace the results of an earlier training.")
  private boolean overwrite;

  @Option(
      names = "--progress",
      paramLabel = "auto|bar|log|none",
      description = "How progress is shown. Default: auto.")
  private Progress.Kind progress = Progress.Kind.AUTO;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  @Option(
      names = "--print-config",
      description = "Print the settings and who gave them, as JSON; train nothing.")
  private boolean printConfig;

  @Mixin private final DeviceOptions device = new DeviceOptions();

  TrainCommand(Console console, Environment environment) {
    this.console = console;
    this.environment = environment;
  }

  @Override
  public Integer call() {
    var existing = existing();
    requireApart();
    var given = options.settings(environment);
    var asked = device.device();
    var trainer =
        Trainer.of(given.settings(), data)
            .from(new ModelSource(textEncoder, options.imageWeights(), options.from()))
            .stopWhen(Interruption::asked);
    if (printConfig) {
      console.print(describe(trainer, given, asked));
      return 0;
    }
    var shown = new Progress(console, progress);
    Interruption.expect(console);
    try (var backend = device.open().backend()) {
      var result = trainer.listener(shown).run(backend, out, existing);
      shown.clear();
      if (json) {
        console.print(result.toJson());
      } else {
        print(result);
      }
      return result.interrupted() ? Interruption.STATUS : 0;
    }
  }

  private Existing existing() {
    if (force && !resume) {
      throw exclude("--force belongs to --resume", "Without it there is nothing to differ from.");
    }
    if (resume && overwrite) {
      throw exclude("--resume and --overwrite exclude each other", "Go on, or begin anew.");
    }
    if (resume && printConfig) {
      throw exclude(
          "--print-config and --resume exclude each other",
          "What is resumed has its settings in training.json of its directory.");
    }
    if (resume) {
      return force ? Existing.RESUME_DIFFERENT : Existing.RESUME;
    }
    return overwrite ? Existing.OVERWRITE : Existing.REFUSE;
  }

  private static MmibException exclude(String what, String hint) {
    return MmibException.of(ErrorCode.USAGE, what, hint);
  }

  /** What would be trained, and who gave the settings that are not the usual ones. */
  private static JsonObject describe(Trainer trainer, GivenSettings given, Device asked) {
    return new JsonObject()
        .put("config", trainer.resolved().toJson())
        .put("device", asked.toString())
        .put("threads", asked.threads())
        .put("precision", asked.precision().name().toLowerCase(Locale.ROOT))
        .put("graphs", asked.graphs())
        .put("givenBy", given.origins());
  }

  /** Removing earlier results must not remove what is about to be read. */
  private void requireApart() {
    if (!overwrite || !Files.exists(out)) {
      return;
    }
    var target = real(out);
    for (var input : inputs()) {
      if (real(input).startsWith(target)) {
        throw MmibException.in(
            out.toString(),
            ErrorCode.USAGE,
            "is where " + input + " is read from",
            "Name another directory for --out.");
      }
    }
  }

  private List<Path> inputs() {
    return Stream.of(data, textEncoder, options.from(), options.config(), options.imageWeights())
        .flatMap(Stream::ofNullable)
        .toList();
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path.toAbsolutePath().normalize(); // not there yet, or not readable: told later
    }
  }

  private void print(TrainResult result) {
    if (result.interrupted()) {
      console.print("interrupted: the same command with --resume goes on");
    }
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
