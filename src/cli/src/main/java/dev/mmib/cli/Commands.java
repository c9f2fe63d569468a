package dev.mmib.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The commands by name, of which only the one that is called is built.
 *
 * <p>The options of all of them would have to be read off their classes before {@code --help} could
 * list the names.
 */
final class Commands {

  private static final String[][] SUMMARIES = {
    {"demo", "Trains on made posts whose attainable score is known."},
    {"study", "Trains many small models and shows what the regularizers buy."},
    {"train", "Trains a model on a data directory."},
    {"evaluate", "Scores a model on a split of a data directory."},
    {"predict", "Extracts entities and relations from posts."},
    {"convert", "Turns PyTorch's files into safetensors and model directories."},
    {"inspect", "Lists the tensors of a weight file or model directory."},
    {"check-data", "Says what is in a data directory, and what is wrong with it."},
    {"doctor", "Says what this machine has, what is missing, and the cure."},
  };

  private Commands() {}

  /** Adds all to {@code line}, ready to run the one that {@code args} call. */
  static void add(CommandLine line, String[] args, Console console, Environment environment) {
    var called = called(args);
    for (var summary : SUMMARIES) {
      if (summary[0].equals(called)) {
        line.addSubcommand(called, command(called, console, environment));
      } else {
        var spec = CommandSpec.create();
        spec.usageMessage().description(summary[1]);
        line.addSubcommand(summary[0], spec);
      }
    }
  }

  private static String called(String[] args) {
    for (var argument : args) {
      if (!argument.startsWith("-")) {
        return argument;
      }
    }
    return "";
  }

  private static Object command(String name, Console console, Environment environment) {
    return switch (name) {
      case "demo" -> new DemoCommand(console);
      case "study" -> new StudyCommand(console);
      case "train" -> new TrainCommand(console, environment);
      case "evaluate" -> new EvaluateCommand(console);
      case "predict" -> new PredictCommand(console);
      case "convert" -> new ConvertCommand(console);
      case "inspect" -> new InspectCommand(console);
      case "check-data" -> new CheckDataCommand(console);
      case "doctor" -> new DoctorCommand(console);
      default -> throw new IllegalArgumentException("Commands: '" + name + "' has no class");
    };
  }
}
