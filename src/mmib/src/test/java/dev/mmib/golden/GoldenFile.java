package dev.mmib.golden;

import dev.mmib.io.JsonObject;
import dev.mmib.io.SafeTensors;
import dev.mmib.tensor.Shape;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A json file of golden values together with the tensors beside it. */
public final class GoldenFile {

  /** A tensor of golden values: floats, or whole numbers where the file has such a type. */
  public record Values(int[] dims, float[] floats, long[] wholes) {

    public boolean isWhole() {
      return floats.length == 0 && wholes.length > 0;
    }

    public Shape shape() {
      return Shape.of(dims);
    }

    public int[] ints() {
      var ints = new int[wholes.length];
      for (int i = 0; i < ints.length; i++) {
        ints[i] = Math.toIntExact(wholes[i]);
      }
      return ints;
    }

    /** The numbers as floats, whatever their type. */
    public float[] asFloats() {
      if (!isWhole()) {
        return floats;
      }
      var values = new float[wholes.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = wholes[i];
      }
      return values;
    }
  }

  private final String stem;
  private final JsonObject json;
  private final Map<String, Values> tensors = new LinkedHashMap<>();

  private GoldenFile(String stem, JsonObject json) {
    this.stem = stem;
    this.json = json;
  }

  /** Reads {@code name.json} and {@code name.safetensors}; skips the test when there is none. */
  public static GoldenFile load(String name) {
    return load(Golden.file(name + ".json"));
  }

  /** Reads a json file and the safetensors file of the same name beside it. */
  public static GoldenFile load(Path jsonFile) {
    var fileName = String.valueOf(jsonFile.getFileName());
    var stem = fileName.substring(0, fileName.length() - ".json".length());
    var golden = new GoldenFile(stem, Golden.json(jsonFile));
    golden.readTensors(jsonFile.resolveSibling(stem + ".safetensors"));
    return golden;
  }

  private void readTensors(Path file) {
    try (var safetensors = SafeTensors.open(file)) {
      for (var entry : safetensors.tensors().values()) {
        var dims = entry.dims().stream().mapToInt(Math::toIntExact).toArray();
        boolean whole =
            switch (entry.type()) {
              case I64, I32, I16, I8, U8, BOOL -> true;
              default -> false;
            };
        var name = entry.name();
        tensors.put(
            name,
            whole
                ? new Values(dims, new float[0], safetensors.readLongs(name))
                : new Values(dims, safetensors.readFloats(name), new long[0]));
      }
    }
  }

  /** The file's name without its ending. */
  public String stem() {
    return stem;
  }

  public JsonObject json() {
    return json;
  }

  /** Every tensor by its key. */
  public Map<String, Values> tensors() {
    return tensors;
  }

  /** The tensor of that key; fails the test when there is none. */
  public Values tensor(String key) {
    var values = tensors.get(key);
    if (values == null) {
      throw new AssertionError(stem + ": no tensor '" + key + "' among " + tensors.keySet());
    }
    return values;
  }

  /** Every case that the json lists. */
  public List<GoldenCase> cases() {
    return json.array("cases").items().stream()
        .map(c -> new GoldenCase(this, c.asObject()))
        .toList();
  }
}
