package dev.mmib.data;

import dev.mmib.error.MmibException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The rules for names of pictures: plain file names on every system, and nothing else. */
final class ImageNames {

  /** Extensions of pictures, in the order in which they are looked for. */
  static final List<String> EXTENSIONS = List.of(".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp");

  private static final int LONGEST = 200;
  private static final Pattern DEVICE =
      Pattern.compile("(con|prn|aux|nul|com[0-9]|lpt[0-9])(\\..*)?");

  private ImageNames() {}

  /** What is wrong with a picture's file name; null if nothing is. */
  static @Nullable String complaint(String name) {
    if (name.isEmpty()) {
      return "the picture's name is empty";
    }
    String shown = "the picture's name " + MmibException.quote(name);
    if (name.length() > LONGEST) {
      return shown + " has more than " + LONGEST + " characters";
    }
    boolean plain =
        name.codePoints().noneMatch(c -> Character.isISOControl(c) || "/\\:*?\"<>|".indexOf(c) >= 0)
            && !name.startsWith(".")
            && name.strip().equals(name)
            && !DEVICE.matcher(name.toLowerCase(Locale.ROOT)).matches();
    return plain ? null : shown + " is not a plain file name";
  }

  /** What is wrong with a picture's path below a folder; null if nothing is. */
  static @Nullable String complaintAboutPath(String path) {
    for (String name : path.split("/", -1)) {
      if (complaint(name) != null) {
        String shown = MmibException.quote(path);
        return "the picture's path " + shown + " is not one of plain names below the file's folder";
      }
    }
    return null;
  }

  /** What is wrong with a picture's id, a name without an extension; null if nothing is. */
  static @Nullable String complaintAboutId(String id) {
    if (hasExtension(id)) {
      return "the picture's id " + MmibException.quote(id) + " has an extension";
    }
    return complaint(id);
  }

  static boolean hasExtension(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return EXTENSIONS.stream().anyMatch(lower::endsWith);
  }
}
