package dev.mmib.cli;

import dev.mmib.convert.Conversion;
import dev.mmib.convert.ConvertOptions;
import dev.mmib.convert.Converter;
import dev.mmib.data.Fidelity;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Turns checkpoints of the Python world into files that the other commands read. */
@Command(
    name = "convert",
    mixinStandardHelpOptions = true,
    description = {
      "Turns a PyTorch file into safetensors, a HuggingFace directory with pytorch_model.bin into",
      "one with model.safetensors, the released MMIB code's best_model.pth into a model directory,",
      "and a crop table (*_dict.pth) into crops.json. Nothing in a file is executed."
    })
final class ConvertCommand implements Callable<Integer> {

  private final Console console;

  @Parameters(index = "0", paramLabel = "IN", description = "A file or a directory.")
  private Path in = Path.of("");

  @Parameters(
      index = "1",
      paramLabel = "OUT",
      description = "A directory, or a file that ends in .safetensors (crop tables: .json).")
  private Path out = Path.of("");

  @Option(names = "--overwrite", description = "Replace what an earlier conversion has written.")
  private boolean overwrite;

  @Option(
      names = "--key",
      paramLabel = "NAME",
      description = "Where in a checkpoint the tensors are, such as model or ema/state_dict.")
  private @Nullable String key;

  @Option(
      names = "--text-encoder",
      paramLabel = "DIR",
      description = {
        "Of best_model.pth: the HuggingFace directory of the BERT that it was trained from, for",
        "its config.json and vocabulary. Default: those beside the checkpoint."
      })
  private @Nullable Path textEncoder;

  @Option(
      names = "--relations",
      paramLabel = "FILE",
      description = "Of a relation model's best_model.pth: rel2id.json. Default: beside it.")
  private @Nullable Path relations;

  @Option(
      names = "--fidelity",
      paramLabel = "corrected|reference",
      description = {
        "Of best_model.pth: how the model is run. Default: reference, as its weights were trained",
        "with the released code's masks and padding."
      })
  private Fidelity fidelity = Fidelity.REFERENCE;

  @Option(
      names = "--progress",
      paramLabel = "auto|bar|log|none",
      description = "How progress is shown on standard error.")
  private Progress.Kind progress = Progress.Kind.AUTO;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  ConvertCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Interruption.expect(console, "Stopping; what was written so far is removed.");
    var shown = new Progress(console, progress);
    Conversion done;
    try {
      done =
          Converter.convert(
              in,
              out,
              new ConvertOptions(overwrite, key, textEncoder, relations, fidelity),
              (bytes, total) -> {
                if (Interruption.asked()) {
                  throw MmibException.of(
                      ErrorCode.CANCELLED, "interrupted", "Nothing was written.");
                }
                shown.converting(bytes, total);
              });
    } finally {
      shown.clear();
    }
    done.notes().forEach(note -> console.tell(Console.printable(note)));
    if (json) {
      console.print(done.toJson());
    } else {
      console.print(Console.printable(summary(done)));
    }
    return 0;
  }

  private static String summary(Conversion done) {
    var what =
        switch (done.kind()) {
          case SAFETENSORS -> "safetensors";
          case HUGGINGFACE -> "a HuggingFace directory";
          case MODEL -> "a model directory" + (done.task() == null ? "" : " for " + done.task());
          case CROPS -> "a crop table";
        };
    return String.format(
        Locale.ROOT,
        "%s: %s, %d %s, %d bytes",
        done.output(),
        what,
        done.tensors(),
        done.kind() == Conversion.Kind.CROPS ? "rows" : "tensors",
        done.bytes());
  }
}
