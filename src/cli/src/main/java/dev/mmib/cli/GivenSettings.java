package dev.mmib.cli;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import dev.mmib.train.Settings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
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

  /** Those that are options: of these, none may be given twice. */
  Options options() {
    return new Options();
  }

  /** Options, which contradict each other where two give one setting. */
  final class Options {

    private final Map<String, String> given = new HashMap<>();

    void assign(String assignment) {
      once(GivenSettings.this.assign(assignment, "--set"), "--set");
    }

    void set(String key, String value, String option) {
      GivenSettings.this.set(key, value, option);
      once(key, option);
    }

    private void once(String key, String option) {
      var before = given.put(key, option);
      if (before != null) {
        throw MmibException.of(
            ErrorCode.USAGE,
            key + " is given twice, by " + before + " and by " + option,
            "Give it once.");
      }
    }
  }
}
