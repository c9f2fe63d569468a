package dev.mmib.cli;

import dev.mmib.convert.Inspection;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists the tensors of a weight file or of a model directory. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = {
      "Lists the tensors of a safetensors or PyTorch file, an index of shards, or a directory, and",
      "what is beside them. Nothing in a file is executed."
    })
final class InspectCommand implements Callable<Integer> {

  private final Console console;

  @Parameters(paramLabel = "FILE|DIR", description = "What to look into.")
  private Path path = Path.of("");

  @Option(
      names = "--check-finite",
      description = "Read every number, and fail with 4 if one is not finite.")
  private boolean checkFinite;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var found = Inspection.of(path, checkFinite);
    if (json) {
      console.print(found.toJson());
    } else {
      print(found);
    }
    var damaged = found.notFinite();
    damaged.forEach(name -> console.tell("not finite: " + MmibException.quote(name)));
    return damaged.isEmpty() ? 0 : ErrorCode.SAFETENSORS.exitStatus();
  }

  private void print(Inspection found) {
    console.print("# " + found.format());
    found
        .metadata()
        .forEach(
            (key, value) ->
                console.print("# " + MmibException.quote(key) + " = " + Console.printable(value)));
    long bytes = 0;
    for (var row : found.tensors()) {
      bytes += row.bytes();
      console.print(
          String.format(
              Locale.ROOT,
              "%-5s %-20s %12d  %s%s",
              row.type().name(),
              row.dims(),
              row.bytes(),
              MmibException.quote(row.name()),
              Boolean.FALSE.equals(row.finite()) ? "  NOT FINITE" : ""));
    }
    console.print("%d tensors, %d bytes".formatted(found.tensors().size(), bytes));
  }
}
