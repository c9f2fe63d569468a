package dev.mmib.golden;

import dev.mmib.golden.GoldenFile.Values;
import dev.mmib.io.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/** One case of a golden file: parameters, inputs, and expected outputs with their tolerance. */
public final class GoldenCase {

  private final GoldenFile file;
  private final JsonObject json;

  GoldenCase(GoldenFile file, JsonObject json) {
    this.file = file;
    this.json = json;
  }

  public String name() {
    return json.string("name");
  }

  public JsonObject json() {
    return json;
  }

  /** The settings; empty when the case has none. */
  public JsonObject params() {
    return json.absent("params") ? new JsonObject() : json.object("params");
  }

  /** The operator: of the case, else of its parameters, else the name of the file. */
  public String op() {
    if (!json.absent("op")) {
      return json.string("op");
    }
    return params().string("op", file.stem());
  }

  public boolean hasIn(String input) {
    return file.tensors().containsKey(key("in", input));
  }

  public Values in(String input) {
    return file.tensor(key("in", input));
  }

  public Values out(String output) {
    return file.tensor(key("out", output));
  }

  private String key(String side, String tensor) {
    return name() + "/" + side + "/" + tensor;
  }

  /** Every input by name. */
  public Map<String, Values> ins() {
    var prefix = key("in", "");
    var found = new LinkedHashMap<String, Values>();
    file.tensors()
        .forEach(
            (key, values) -> {
              if (key.startsWith(prefix)) {
                found.put(key.substring(prefix.length()), values);
              }
            });
    return found;
  }

  /** What the json says of every expected output. */
  public Map<String, JsonObject> outputs() {
    var found = new LinkedHashMap<String, JsonObject>();
    json.object("outputs").members().forEach((name, spec) -> found.put(name, spec.asObject()));
    return found;
  }

  /** Compares an output with the expected one within the tolerance that its json allows. */
  public void check(String output, float[] got) {
    var spec = json.object("outputs").object(output);
    var what = file.stem() + " " + name() + " " + output;
    if (spec.bool("exact", false)) {
      GoldenAssert.exact(what, out(output).asFloats(), got);
    } else {
      GoldenAssert.close(what, out(output).asFloats(), got, GoldenAssert.tolerance(spec));
    }
  }

  @Override
  public String toString() {
    return file.stem() + " " + name();
  }
}
