package dev.mmib.cli;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import dev.mmib.train.Settings;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Settings, and who gave each: a model, a file, the environment, an option. */
final class GivenSettings {

  private final Settings settings;
  private final Map<String, String> origins = new TreeMap<>();

  GivenSettings(Settings settings) {
    this.settings = settings;
  }

  Settings settings() {
    return settings;
  }

  /** Who gave what, by the settings' names. */
  JsonObject origins() {
    var json = new JsonObject();
    origins.forEach(json::put);
    return json;
  }

  void model(Path directory) {
    note("--from " + directory, () -> settings.model(directory));
  }

  void file(Path file) {
    note("--config " + file, () -> settings.file(file));
  }

  private void note(String origin, Runnable change) {
    var before = settings.given();
    change.run();
    settings
        .given()
        .forEach(
            (key, value) -> {
              if (!value.equals(before.get(key))) {
                origins.put(key, origin);
              }
            });
  }

  /** Assignments between white space, as the environment has them. */
  void words(String assignments, String origin) {
    if (!assignments.isEmpty()) {
      for (var assignment : assignments.split("\\s+")) {
        assign(assignment, origin);
      }
    }
  }

  void set(String key, String value, String origin) {
    try {
      settings.set(key, value);
    } catch (MmibException e) {
      throw origin.startsWith("MMIB_")
          ? MmibException.in(origin, e.code(), e.what(), e.hint()).causedBy(e)
          : e;
    }
    origins.put(key, origin);
  }

  private String assign(String assignment, String origin) {
    int equals = assignment.indexOf('=');
    if (equals <= 0) {
      throw MmibException.of(
          ErrorCode.USAGE,
          "the setting " + MmibException.quote(assignment) + " has no value",
          "Write key=value, for example epochs=5.");
    }
    var key = assignment.substring(0, equals).strip();
    set(key, assignment.substring(equals + 1).strip(), origin);
    return key;
  }

  /** Those that are options; {@link Options#assign} comes first. */
  Options options() {
    return new Options();
  }

  /** Options, which contradict each other where two give one setting. */
  final class Options {

    private final Set<String> assigned = new HashSet<>();

    /** Of two for one setting the later counts, so that a line of options can be added to. */
    void assign(String assignment) {
      assigned.add(GivenSettings.this.assign(assignment, "--set"));
    }

    void set(String key, String value, String option) {
      if (assigned.contains(key)) {
        throw MmibException.of(
            ErrorCode.USAGE, key + " is given twice, by --set and by " + option, "Give it once.");
      }
      GivenSettings.this.set(key, value, option);
    }
  }
}
