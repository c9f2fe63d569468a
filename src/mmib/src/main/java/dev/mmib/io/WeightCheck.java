package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The tensors that a file has beside those that a model wants. */
final class WeightCheck {

  private static final int MOST_NAMES = 8;

  /**
   * One extent of a tensor.
   *
   * @param reason where it follows from, such as {@code config.json says hidden_size = 24}
   */
  record Extent(int size, String reason) {}

  private final Path file;
  private final Map<String, int[]> found;
  private final TreeSet<String> unused;
  private final List<String> missing = new ArrayList<>();
  private final List<String> doubled = new ArrayList<>();
  private final List<String> misshaped = new ArrayList<>();
  private final TreeSet<String> wrong = new TreeSet<>();

  WeightCheck(Path file, Map<String, int[]> found) {
    this.file = file;
    this.found = found;
    this.unused = new TreeSet<>(found.keySet());
  }

  /**
   * Notes a tensor that the model wants.
   *
   * @param name what it is called in the error if it is missing
   * @param there the names under which the file has it
   * @param optional whether it may be missing
   */
  void want(String name, List<String> there, List<Extent> extents, boolean optional) {
    there.forEach(unused::remove);
    if (there.isEmpty()) {
      if (!optional) {
        missing.add(name);
      }
      return;
    }
    var first = there.get(0);
    if (there.size() > 1) {
      wrong.add(first);
      doubled.add(
          MmibException.quote(first)
              + " is there as "
              + MmibException.quote(there.get(1))
              + " too");
    }
    var dims = found.get(first);
    if (dims != null) {
      compare(first, dims, extents);
    }
  }

  private void compare(String name, int[] dims, List<Extent> extents) {
    var wanted = extents.stream().mapToInt(Extent::size).toArray();
    if (Arrays.equals(dims, wanted)) {
      return;
    }
    int axis = 0;
    while (dims.length == wanted.length && dims[axis] == wanted[axis]) {
      axis++;
    }
    wrong.add(name);
    misshaped.add(
        MmibException.quote(name)
            + " has shape "
            + Arrays.toString(dims)
            + " vs "
            + Arrays.toString(wanted)
            + ", because "
            + extents.get(axis).reason());
  }

  /** Whether every tensor is there, once, in its shape. */
  boolean fits() {
    return missing.isEmpty() && doubled.isEmpty() && misshaped.isEmpty();
  }

  boolean isAnyMissing() {
    return !missing.isEmpty();
  }

  /** What the file has and the model does not want. */
  List<String> unused() {
    return List.copyOf(unused);
  }

  /**
   * One error about everything that does not fit.
   *
   * @param harmless which unused tensors do not belong into it
   */
  MmibException refusal(Predicate<String> harmless, String cure) {
    var unexpected = unused.stream().filter(harmless.negate()).toList();
    var parts = new ArrayList<String>();
    if (!missing.isEmpty()) {
      parts.add(count(missing, "is", "are") + " missing: " + names(missing));
    }
    if (!doubled.isEmpty()) {
      parts.add(count(doubled, "is", "are") + " there twice: " + listed(doubled));
    }
    if (!misshaped.isEmpty()) {
      parts.add(count(misshaped, "has", "have") + " another shape: " + listed(misshaped));
    }
    if (!unexpected.isEmpty()) {
      parts.add(count(unexpected, "is", "are") + " not expected: " + names(unexpected));
    }
    var nearest =
        missing.stream()
            .limit(MOST_NAMES)
            .map(name -> nearest(name, unexpected))
            .filter(text -> !text.isEmpty())
            .collect(Collectors.joining("; "));
    var hint = nearest.isEmpty() ? cure : nearest + ". " + cure;
    boolean single = missing.isEmpty() && wrong.size() == 1;
    return single
        ? MmibException.at(
            file.toString(),
            "tensor " + MmibException.quote(wrong.first()),
            ErrorCode.WEIGHTS_MISMATCH,
            String.join("; ", parts),
            hint)
        : MmibException.in(
            file.toString(), ErrorCode.WEIGHTS_MISMATCH, String.join("; ", parts), hint);
  }

  private static String nearest(String name, List<String> unexpected) {
    var near = Nearest.to(name, unexpected);
    return near.isEmpty()
        ? ""
        : near.stream()
            .map(MmibException::quote)
            .collect(Collectors.joining(", ", "Near " + MmibException.quote(name) + ": ", ""));
  }

  private static String count(List<String> of, String one, String several) {
    return of.size() + (of.size() == 1 ? " tensor " + one : " tensors " + several);
  }

  /** The first of some names, in quotes. */
  static String names(List<String> names) {
    return listed(names.stream().limit(MOST_NAMES + 1L).map(MmibException::quote).toList());
  }

  private static String listed(List<String> texts) {
    var shown = texts.stream().limit(MOST_NAMES).collect(Collectors.joining(", "));
    return texts.size() > MOST_NAMES ? shown + ", …" : shown;
  }
}
