package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Warnings;
import dev.mmib.resnet.ResNetConfig;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every member of every JSON file of a directory, replaced by every kind of value. */
class ReplacedMembersTest {

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "0",
          "-1",
          "0.5",
          "1e3",
          "1e999",
          "2147483648",
          "99999999999999999999",
          "\"\"",
          "\" \"",
          "\"x\"",
          "\"\\u0000\"",
          "[]",
          "[0]",
          "[null]",
          "[[]]",
          "[\"x\", \"x\"]",
          "{}",
          "{\"x\": 1}",
          "{\"0\": \"x\"}",
          "{\"content\": 1}",
          "{\"0\": {\"content\": \"x\", \"id\": 1}}");

  private static final Set<ErrorCode> REFUSALS =
      EnumSet.of(
          ErrorCode.CONFIG,
          ErrorCode.CONFIG_UNSUPPORTED,
          ErrorCode.VOCABULARY,
          ErrorCode.WEIGHT_INDEX,
          ErrorCode.WEIGHTS_MISMATCH);

  @TempDir Path dir;

  static Stream<Arguments> files() {
    return Stream.of(
        Arguments.of(
            "tokenizer_config.json",
            """
            {"do_lower_case": true, "strip_accents": false, "tokenize_chinese_chars": true,
             "model_max_length": 64, "tokenizer_class": "BertTokenizer", "never_split": null,
             "do_basic_tokenize": true, "max_input_chars_per_word": 100, "cls_token": "[CLS]",
             "additional_special_tokens": ["<e>", {"content": "<f>"}], "bos_token": "<b>",
             "extra_special_tokens": {"image_token": "<i>"},
             "added_tokens_decoder": {"0": {"content": "[PAD]", "single_word": false}}}\
            """),
        Arguments.of(
            "special_tokens_map.json",
            """
            {"cls_token": {"content": "[CLS]"}, "sep_token": "[SEP]", "eos_token": "<e>",
             "additional_special_tokens": ["<x>"]}\
            """),
        Arguments.of("added_tokens.json", "{\"<x>\": 120, \"<y>\": 121}"),
        Arguments.of(
            "model.safetensors.index.json",
            """
            {"metadata": {"total_size": 8},
             "weight_map": {"a": "model.safetensors", "b": "b.safetensors"}}\
            """));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void ofATextEncoder(String name, String text) throws IOException {
    var model = TinyBert.in(dir);
    replaceAll(name, text, () -> load(model.path(), name));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("configurations")
  void ofAConfiguration(String name, Path file) throws IOException {
    var model = TinyBert.in(dir);
    replaceAll(name, Files.readString(file), () -> load(model.path(), name));
  }

  static Stream<Arguments> configurations() {
    return Stream.of(Arguments.of("config.json", TinyBert.source().resolve("config.json")));
  }

  private static void load(Path dir, String name) {
    var directory = HuggingFaceDirectory.open(dir);
    directory.tokenizer();
    if (name.endsWith("index.json")) {
      WeightIndex.read(dir.resolve(name));
    } else {
      directory.weights().close();
    }
  }

  static Stream<Arguments> encoders() {
    return Stream.of(
        Arguments.of(
            "preprocessor_config.json",
            """
            {"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224},
             "do_center_crop": true, "crop_pct": 0.875, "do_normalize": true, "resample": 3,
             "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "do_rescale": true,
             "rescale_factor": 0.00392156862745098, "image_processor_type": "X",
             "do_resize": true, "do_pad": false}\
            """),
        Arguments.of(
            "config.json",
            """
            {"model_type": "resnet", "layer_type": "basic", "depths": [1, 1, 1, 1],
             "hidden_sizes": [16, 32, 64, 128], "embedding_size": 16, "hidden_act": "relu",
             "downsample_in_first_stage": false, "num_channels": 3}\
            """),
        Arguments.of(
            "config.json",
            """
            {"architecture": "resnet18", "pretrained_cfg": {"input_size": [3, 224, 224],
             "crop_pct": 0.95, "interpolation": "bicubic", "mean": [0.5, 0.5, 0.5],
             "std": [0.5, 0.5, 0.5], "crop_mode": "center"}}\
            """));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("encoders")
  void ofAnImageEncoder(String name, String text) throws IOException {
    var tensors = new TreeMap<String, TensorSource>();
    ResNetConfig.tiny()
        .shapes()
        .forEach(
            (tensor, dims) ->
                tensors.put(
                    tensor, TensorSource.floats(Shape.of(dims), new float[Shape.of(dims).size()])));
    SafeTensors.write(dir.resolve("model.safetensors"), tensors, Map.of());
    replaceAll(name, text, () -> ResNetSource.open(dir).imageConfig());
  }

  private void replaceAll(String name, String text, Runnable load) throws IOException {
    var root = Json.parse(text, name).asObject();
    var changed = new ArrayList<String>();
    each(root, () -> changed.add(Json.write(root)));
    int refused = 0;
    try (var warnings = new Warnings("dev.mmib")) {
      for (var one : changed) {
        Files.writeString(dir.resolve(name), one);
        try {
          load.run();
        } catch (MmibException e) {
          refused++;
          assertTrue(REFUSALS.contains(e.code()), () -> one + "\n" + e);
          assertNotNull(e.file(), () -> one + "\n" + e);
        } catch (RuntimeException e) {
          throw new AssertionError(one, e);
        }
        warnings.take();
      }
    }
    assertTrue(refused > changed.size() / 4, refused + " of " + changed.size());
    assertEquals(0, changed.size() % VALUES.size());
  }

  /** Puts every value in the place of every member, calls, and puts the member back. */
  private static void each(JsonObject object, Runnable call) {
    for (var key : List.copyOf(object.keys())) {
      var member = object.at(key);
      if (member instanceof JsonObject inner) {
        each(inner, call);
      }
      for (var value : VALUES) {
        object.put(key, Json.parse(value, "value"));
        call.run();
      }
      object.put(key, member);
    }
  }
}
