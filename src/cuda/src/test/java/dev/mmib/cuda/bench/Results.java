package dev.mmib.cuda.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Measurements of one run, ours and PyTorch's. */
final class Results {

  static final String NOT_RUN = "not yet run";

  private final List<Result> all = new ArrayList<>();

  /** Adds the lines of a file; nothing if it is not there. */
  void read(Path file) throws IOException {
    if (Files.exists(file)) {
      for (var line : Files.readAllLines(file)) {
        all.add(Result.parse(line, file.toString()));
      }
    }
  }

  /** The last of its kind; of any mode if {@code mode} is empty. */
  Optional<Result> find(String by, String what, String shape, String precision, String mode) {
    return all.stream()
        .filter(
            r ->
                r.by().equals(by)
                    && r.what().equals(what)
                    && r.shape().equals(shape)
                    && r.precision().equals(precision)
                    && (mode.isEmpty() || r.mode().equals(mode)))
        .reduce((first, second) -> second);
  }

  /** {@code 12.3 (12.1 … 12.9)}, in microseconds, or in milliseconds where those are many. */
  static String time(Optional<Result> result) {
    return result
        .map(
            r -> {
              boolean milli = r.median() >= 1000;
              double unit = milli ? 1000 : 1;
              return number(r.median() / unit)
                  + " ("
                  + number(r.low() / unit)
                  + " … "
                  + number(r.high() / unit)
                  + ")"
                  + (milli ? " ms" : " µs");
            })
        .orElse(NOT_RUN);
  }

  /** How many times as long the other took. */
  static String ratio(Optional<Result> ours, Optional<Result> other) {
    return ours.isPresent() && other.isPresent()
        ? "**" + number(other.get().median() / ours.get().median()) + "**"
        : NOT_RUN;
  }

  static String number(double value) {
    var format = value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }
}
