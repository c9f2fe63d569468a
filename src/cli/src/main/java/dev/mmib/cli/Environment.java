package dev.mmib.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What environment variables say where no option does: {@code MMIB_DEVICE} for {@code --device} and
 * so on.
 */
final class Environment implements IDefaultValueProvider {

  /** Settings of a training, {@code key=value} words. */
  static final String SETTINGS = "MMIB_SET";

  private static final Set<String> OPTIONS =
      Set.of("--device", "--threads", "--precision", "--graphs", "--seed", "--progress");

  private final Map<String, String> values;

  Environment(Map<String, String> values) {
    this.values = values;
  }

  /** The variable that stands for an option, if there is one and it is set. */
  @Nullable String variable(ArgSpec argument) {
    if (argument instanceof OptionSpec option && OPTIONS.contains(option.longestName())) {
      var name = "MMIB_" + option.longestName().substring(2).toUpperCase(Locale.ROOT);
      return value(name).isEmpty() ? null : name;
    }
    return null;
  }

  /** A variable's value; empty where it is not set. */
  String value(String variable) {
    return values.getOrDefault(variable, "").strip();
  }

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    var variable = variable(argument);
    return variable == null ? null : value(variable);
  }
}
