package dev.mmib.cli;

import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What a command did: its exit code and what it wrote. */
record Ran(int status, String out, String err) {

  /** Runs a command in this process. */
  static Ran mmib(String... args) {
    return withInput("", args);
  }

  /** Runs a command with these variables in its environment. */
  static Ran in(Map<String, String> environment, String... args) {
    return run("", environment, args);
  }

  static Ran withInput(String input, String... args) {
    return run(input, Map.of(), args);
  }

  private static Ran run(String input, Map<String, String> environment, String... args) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
    int status = Mmib.run(args, new Console(in, out, err, false), environment);
    return new Ran(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Standard output as the one JSON object on one line that it has to be. */
  JsonObject json() {
    if (out.indexOf('\n') != out.length() - 1) {
      throw new AssertionError("not one line: " + this);
    }
    return Json.parse(out, "standard output").asObject();
  }
}
