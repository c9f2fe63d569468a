package dev.mmib.io;

import java.nio.file.Path;
import java.util.regex.Pattern;

/** The command that turns PyTorch's files into safetensors, as it is to be typed. */
final class ConvertHint {

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./~+=@-]{1,200}");

  private ConvertHint() {}

  /** A sentence with the command; a path that a shell would not take as it is stays IN. */
  static String of(Path in, String out) {
    var path = in.toString();
    return "Convert it: mmib convert "
        + (PLAIN.matcher(path).matches() && !path.startsWith("-") ? path : "IN")
        + " "
        + out;
  }
}
