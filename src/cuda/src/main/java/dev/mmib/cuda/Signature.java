package dev.mmib.cuda;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The parameters of a kernel as its PTX has them: the driver takes whatever lies where arguments
 * should be, so their number and sizes are compared here.
 *
 * @param sizes bytes of each parameter
 */
record Signature(String name, int[] sizes) {

  private static final Pattern ENTRY =
      Pattern.compile("\\.entry\\s+(\\w+)\\s*\\(([^)]*)\\)", Pattern.DOTALL);
  private static final Pattern PARAMETER =
      Pattern.compile("\\.param\\s+(?:\\.align\\s+\\d+\\s+)?\\.[a-z]+(\\d+)");

  /** The kernels of a PTX file by name. */
  static Map<String, Signature> of(String ptx) {
    var found = new HashMap<String, Signature>();
    var entry = ENTRY.matcher(ptx);
    while (entry.find()) {
      var parameters = PARAMETER.matcher(entry.group(2));
      var sizes = parameters.results().mapToInt(p -> Integer.parseInt(p.group(1)) / 8).toArray();
      found.put(entry.group(1), new Signature(entry.group(1), sizes));
    }
    return found;
  }

  /** Refuses an argument that is not what the kernel takes there. */
  void require(int index, int bytes) {
    if (index >= sizes.length || sizes[index] != bytes) {
      throw new IllegalStateException(
          "kernel "
              + name
              + ": argument "
              + index
              + " of "
              + bytes
              + " bytes vs "
              + (index < sizes.length ? sizes[index] + " bytes" : "none"));
    }
  }

  /** Refuses a launch with too few arguments. */
  void requireAll(int count) {
    if (count != sizes.length) {
      throw new IllegalStateException(
          "kernel " + name + ": " + count + " arguments vs " + sizes.length);
    }
  }
}
