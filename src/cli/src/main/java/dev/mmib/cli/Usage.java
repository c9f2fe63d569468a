package dev.mmib.cli;

import dev.mmib.model.Task;
import dev.mmib.train.Settings;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is said about a wrong use of the command: what is wrong, what was meant, the synopsis. */
final class Usage implements IParameterExceptionHandler {

  private final Environment environment;

  Usage(Environment environment) {
    this.environment = environment;
  }

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    var line = e.getCommandLine();
    var err = line.getErr();
    err.println(Console.printable(String.valueOf(e.getMessage())) + source(e));
    var unmatched = line.getUnmatchedArguments(); // also where another mistake was found first
    var hint = unmatched.isEmpty() ? null : hint(line, unmatched.get(0));
    if (hint != null) {
      err.println(hint);
    } else {
      UnmatchedArgumentException.printSuggestions(e, err);
    }
    err.print(line.getHelp().fullSynopsis());
    err.println("Try '" + line.getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return line.getCommandSpec().exitCodeOnInvalidInput();
  }

  /** A wrong value may stand where the user does not look. */
  private String source(ParameterException e) {
    var argument = e.getArgSpec();
    if (argument == null || e.getCommandLine().getParseResult() == null) {
      return "";
    }
    var variable = environment.variable(argument);
    return variable == null ? "" : " (" + variable + " is set in the environment)";
  }

  private static @Nullable String hint(CommandLine line, String word) {
    if (word.startsWith("@")) {
      return "Files of arguments are not read: write the arguments themselves.";
    }
    if (!line.getCommandName().equals("train") || !word.startsWith("--")) {
      return null;
    }
    var name = word.substring(2).replaceAll("=.*", "").toLowerCase(Locale.ROOT);
    var meant = setting(name, new Settings(Task.NER).names());
    return meant == null ? null : "Settings are given as --set " + meant + "=VALUE.";
  }

  /** The setting that {@code --batch-size} means: batchSize. */
  private static @Nullable String setting(String name, Set<String> known) {
    for (var key : known) {
      if (key.equalsIgnoreCase(name.replace("-", ""))) {
        return key;
      }
    }
    return name.equals("lr") ? "learningRate" : null;
  }

  /** A path as the user wrote it; an empty one names nothing. */
  static final class PathConverter implements ITypeConverter<Path> {
    @Override
    public Path convert(String value) {
      if (value.isEmpty()) {
        throw new TypeConversionException("an empty path names nothing");
      }
      try {
        return Path.of(value);
      } catch (InvalidPathException e) {
        throw new TypeConversionException("not a path: " + e.getReason());
      }
    }
  }
}
