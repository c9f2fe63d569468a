package dev.mmib.cli;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code mmib} with its sub-commands. */
@Command(
    name = "mmib",
    mixinStandardHelpOptions = true,
    versionProvider = Mmib.Version.class,
    description = "Entities and relations from posts: text together with pictures.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed",
      "2:wrong usage",
      "3:bad data",
      "4:bad model",
      "130:interrupted"
    },
    footer = {
      "",
      "An option that is not given may be set in the environment: MMIB_DEVICE, MMIB_THREADS,"
          + " MMIB_PRECISION, MMIB_GRAPHS, MMIB_SEED, MMIB_PROGRESS. Options are not read from files: @word is a word."
    })
public final class Mmib implements Runnable {

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  private Mmib() {}

  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    System.exit(run(args, Console.system(), System.getenv()));
  }

  /** Runs a command and returns its exit code. */
  static int run(String[] args, Console console, Map<String, String> environment) {
    int status;
    try {
      status = commands(args, console, new Environment(environment)).execute(args);
    } catch (OutOfMemoryError e) {
      console.tell(
          ErrorCode.OUT_OF_MEMORY
              + ": not enough memory ("
              + e.getMessage()
              + "). Use smaller batches, or more memory: MMIB_JAVA_OPTS=-Xmx8g.");
      status = ErrorCode.OUT_OF_MEMORY.exitStatus();
    }
    try {
      console.flush();
    } catch (Console.ReaderGone e) {
      return status;
    } catch (MmibException e) {
      console.tell(String.valueOf(e.getMessage()));
      return e.code().exitStatus();
    }
    return status;
  }

  private static CommandLine commands(String[] args, Console console, Environment environment) {
    var line = new CommandLine(new Mmib());
    Commands.add(line, args, console, environment);
    line.setOut(new PrintWriter(new ConsoleWriter(console), true));
    line.setErr(console.err());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExpandAtFiles(false); // a text may well begin with @somebody
    line.setUsageHelpAutoWidth(false);
    line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    line.registerConverter(Path.class, new Usage.PathConverter());
    line.setDefaultValueProvider(environment);
    line.setParameterExceptionHandler(new Usage(environment));
    line.setExecutionExceptionHandler((e, failed, result) -> failed(e, console));
    return line;
  }

  private static int failed(Exception e, Console console) {
    if (e instanceof Console.ReaderGone) {
      return 0;
    }
    if (Boolean.getBoolean("mmib.debug")) {
      e.printStackTrace(console.err());
    }
    if (e instanceof MmibException known) {
      console.tell(Console.printable(String.valueOf(known.getMessage())));
      return known.code().exitStatus();
    }
    console.tell(
        ErrorCode.BUG
            + ": "
            + e
            + ". This is a bug of mmib: please report it, with MMIB_JAVA_OPTS=-Dmmib.debug=true.");
    return ErrorCode.BUG.exitStatus();
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing sub-command");
  }

  /** Reads the version that the build wrote. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      try (var in = Mmib.class.getResourceAsStream("version.txt")) {
        if (in == null) {
          throw new IOException("version.txt is missing from the jar");
        }
        return new String[] {
          "mmib " + new String(in.readAllBytes(), StandardCharsets.UTF_8).strip()
        };
      }
    }
  }
}
