package dev.mmib.cli;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A command to be copied into a POSIX shell. */
final class ShellLine {

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./:@%+,-]+");

  private ShellLine() {}

  /** The command {@code mmib}, as it was called, with these arguments. */
  static String mmib(List<String> arguments) {
    return quoted(System.getProperty("mmib.command", "mmib"))
        + arguments.stream().map(word -> " " + quoted(word)).collect(Collectors.joining());
  }

  private static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
