package dev.mmib.cli;

import dev.mmib.data.DataCheck;
import dev.mmib.data.DataDirectory;
import dev.mmib.error.ErrorCode;
import dev.mmib.model.Task;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Reports on a data directory. */
@Command(
    name = "check-data",
    mixinStandardHelpOptions = true,
    description = "Counts, labels, lengths, missing pictures, suspicious rows with their place.")
final class CheckDataCommand implements Callable<Integer> {

  private final Console console;

  @Option(names = "--task", required = true, paramLabel = "ner|re", description = "The task.")
  private Task task = Task.NER;

  @Option(names = "--data", required = true, paramLabel = "DIR", description = "The data.")
  private Path data = Path.of("");

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  CheckDataCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var directory = DataDirectory.open(data);
    var check = task == Task.NER ? DataCheck.ner(directory) : DataCheck.relations(directory);
    if (json) {
      console.print(check.toJson());
    } else {
      console.print(check.toText().stripTrailing());
    }
    return check.isUsable() ? 0 : ErrorCode.DATA_FILE.exitStatus();
  }
}
