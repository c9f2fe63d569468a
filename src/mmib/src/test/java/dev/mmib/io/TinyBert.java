package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.golden.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A copy of the tiny golden BERT whose files can be changed. */
final class TinyBert {

  static final List<String> FILES = List.of("config.json", "vocab.txt", "model.safetensors");

  private final Path dir;

  private TinyBert(Path dir) {
    this.dir = dir;
  }

  static TinyBert in(Path dir) throws IOException {
    for (var name : FILES) {
      Files.copy(source().resolve(name), dir.resolve(name));
    }
    return new TinyBert(dir);
  }

  static Path source() {
    return Golden.copy().resolve("bert-tiny/model");
  }

  Path path() {
    return dir;
  }

  String config() throws IOException {
    return Files.readString(dir.resolve("config.json"));
  }

  void config(String text) throws IOException {
    config(text.getBytes(StandardCharsets.UTF_8));
  }

  void config(byte[] bytes) throws IOException {
    Files.write(dir.resolve("config.json"), bytes);
  }

  /** Sets a member to a value as it is to stand in the file, on a line of its own. */
  void set(String key, String value) throws IOException {
    var member = member(key).matcher(config());
    if (member.find()) {
      config(member.replaceFirst(Matcher.quoteReplacement("\"" + key + "\": " + value)));
    } else {
      config(
          config()
              .replaceFirst(
                  "\\{", Matcher.quoteReplacement("{\n  \"" + key + "\": " + value + ",")));
    }
  }

  void drop(String key) throws IOException {
    var text = config();
    var without =
        Pattern.compile(member(key).pattern() + ",|,\\s*" + member(key).pattern())
            .matcher(text)
            .replaceFirst("");
    assertTrue(without.length() < text.length(), key);
    config(without);
  }

  private static Pattern member(String key) {
    return Pattern.compile("\"" + key + "\": (\\[[^]]*]|[^,\\n]*)");
  }

  void write(String name, String text) throws IOException {
    Files.writeString(dir.resolve(name), text);
  }

  List<String> vocabulary() throws IOException {
    return Files.readAllLines(source().resolve("vocab.txt"));
  }

  /** Writes the weights again under other names; an empty name leaves a tensor out. */
  void rename(UnaryOperator<String> name) {
    weights(name, Map.of());
  }

  /** Writes the weights again with zeros of another shape in place of, or beside, the others. */
  void reshape(String name, int... dims) {
    weights(
        old -> old.equals(name) ? "" : old,
        Map.of(
            name,
            TensorSource.bytes(
                TensorType.F32,
                Arrays.stream(dims).mapToObj(d -> (long) d).toList(),
                new byte[4 * Arrays.stream(dims).reduce(1, (a, b) -> a * b)])));
  }

  void weights(UnaryOperator<String> name, Map<String, TensorSource> more) {
    var tensors = new LinkedHashMap<>(more);
    try (var file = SafeTensors.open(dir.resolve("model.safetensors"))) {
      file.tensors()
          .forEach(
              (old, entry) -> {
                var other = name.apply(old);
                if (!other.isEmpty()) {
                  tensors.put(
                      other, TensorSource.bytes(entry.type(), entry.dims(), file.readBytes(old)));
                }
              });
      SafeTensors.write(dir.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
    }
  }
}
