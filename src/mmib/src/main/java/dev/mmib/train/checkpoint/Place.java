package dev.mmib.train.checkpoint;

import dev.mmib.io.FileTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A directory named as a checkpoint is: {@code ckpt-12}, or {@code ckpt-12.2} when its step was
 * saved again, so that the earlier one is there until the later one is.
 *
 * <p>Ordered by the numbers: names as text and times of files lie.
 */
record Place(Path directory, long step, int repeat) implements Comparable<Place> {

  private static final Pattern NAME =
      Pattern.compile("ckpt-(0|[1-9][0-9]{0,17})(?:\\.([1-9][0-9]{0,8}))?");
  private static final Pattern UNFINISHED = Pattern.compile("ckpt-[0-9.]+\\.tmp-.*");
  private static final Comparator<Place> ORDER =
      Comparator.comparingLong(Place::step).thenComparingInt(Place::repeat);

  /** The highest step that has a name. */
  static final long LAST_STEP = 999_999_999_999_999_999L;

  static @Nullable Place of(Path path) {
    var name = NAME.matcher(path.getFileName().toString());
    if (!name.matches()) {
      return null;
    }
    var repeat = name.group(2);
    return new Place(
        path, Long.parseLong(name.group(1)), repeat == null ? 1 : Integer.parseInt(repeat));
  }

  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** Whether that is the name of a directory that is being written or deleted. */
  static boolean isUnfinished(Path path) {
    return UNFINISHED.matcher(path.getFileName().toString()).matches();
  }

  /** Where the next checkpoint of a step goes. */
  static Place next(Path parent, long step, List<Place> all) {
    int repeat =
        1 + all.stream().filter(p -> p.step == step).mapToInt(Place::repeat).max().orElse(0);
    var name = "ckpt-" + step + (repeat == 1 ? "" : "." + repeat);
    return new Place(parent.resolve(name), step, repeat);
  }

  /** All in a directory, the newest first. */
  static List<Place> all(Path parent) throws IOException {
    var all = new ArrayList<Place>();
    for (var entry : FileTree.entries(parent)) {
      var place = of(entry);
      if (place != null) {
        all.add(place);
      }
    }
    all.sort(Comparator.reverseOrder());
    return all;
  }

  String name() {
    return directory.getFileName().toString();
  }

  @Override
  public int compareTo(Place other) {
    return ORDER.compare(this, other);
  }
}
