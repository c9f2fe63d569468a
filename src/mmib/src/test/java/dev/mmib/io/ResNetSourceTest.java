package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.resnet.Namings;
import dev.mmib.resnet.ResNetConfig;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** ResNet weights in files and directories, whole ones and those of relatives. */
class ResNetSourceTest {

  private static final ResNetConfig TINY = ResNetConfig.tiny();

  @TempDir Path dir;

  private void write(String file, Map<String, int[]> shapes) {
    var tensors = new TreeMap<String, TensorSource>();
    shapes.forEach(
        (name, dims) -> {
          var shape = Shape.of(dims);
          tensors.put(name, TensorSource.floats(shape, new float[shape.size()]));
        });
    SafeTensors.write(dir.resolve(file), tensors, Map.of());
  }

  private void config(String json) throws IOException {
    Files.writeString(dir.resolve("config.json"), json);
  }

  private MmibException refused(ErrorCode code) {
    var e = assertThrows(MmibException.class, () -> ResNetSource.open(dir).weights().close());
    assertEquals(code, e.code(), e.toString());
    return e;
  }

  private static Map<String, int[]> huggingFace() {
    var all = new LinkedHashMap<String, int[]>();
    TINY.shapes().forEach((name, dims) -> all.put(Namings.classifier(name), dims));
    return all;
  }

  private static final String CONFIG =
      """
      {"model_type": "resnet", "layer_type": "basic", "depths": [1, 1, 1, 1],
       "hidden_sizes": [16, 32, 64, 128], "embedding_size": 16, "hidden_act": "relu",
       "downsample_in_first_stage": false}\
      """;

  @Test
  void readsADirectoryAsHuggingFacePublishesIt() throws IOException {
    config(CONFIG);
    write("model.safetensors", huggingFace());
    assertEquals(TINY, ResNetSource.open(dir).network());
    try (var weights = ResNetSource.open(dir).weights()) {
      assertEquals(TINY.shapes().size(), weights.shapes().size());
    }
  }

  @Test
  void readsShardsWithAndWithoutAnIndex() throws IOException {
    var names = new ArrayList<>(TINY.shapes().keySet());
    var index = new JsonObject();
    for (int half = 0; half < 2; half++) {
      var part = new LinkedHashMap<String, int[]>();
      for (int i = half; i < names.size(); i += 2) {
        var dims = TINY.shapes().get(names.get(i));
        part.put(names.get(i), dims == null ? new int[0] : dims);
        index.put(names.get(i), half + ".safetensors");
      }
      write(half + ".safetensors", part);
    }
    assertEquals(TINY, ResNetSource.open(dir).network());
    Files.writeString(
        dir.resolve("model.safetensors.index.json"),
        Json.write(new JsonObject().put("weight_map", index)));
    write("another.safetensors", Map.of("conv1.weight", new int[] {1}));
    assertEquals(TINY, ResNetSource.open(dir).network());
  }

  @Test
  void saysWhatADirectoryLacks() throws IOException {
    assertTrue(refused(ErrorCode.MODEL_FILE).what().contains("no model.safetensors"));
    Files.write(dir.resolve("pytorch_model.bin"), new byte[8]);
    assertTrue(refused(ErrorCode.MODEL_FILE).hint().contains("mmib convert"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"resnet\", \"layer|\"vit\", \"layer|model_type 'vit' is not resnet",
        "\"relu\"|\"gelu\"|hidden_act 'gelu'",
        "first_stage\": false|first_stage\": true|downsample_in_first_stage",
        "first_stage\": false|bottleneck\": true|downsample_in_bottleneck",
        "first_stage\": false|x\": 0, \"num_channels\": 1|num_channels",
        "\"basic\"|\"bottleneck\"|no network that is known",
        "\"basic\"|\"other\"|layer_type 'other'",
        "[1, 1, 1, 1]|[1, 1, 1]|depths [1, 1, 1]",
        "[16, 32, 64, 128]|[16, 32, 64, 256]|hidden_sizes are [16, 32, 64, 256]",
        "\"embedding_size\": 16|\"embedding_size\": 24|embedding_size 24"
      })
  void refusesAConfigurationOfAnotherNetwork(String from, String to, String what)
      throws IOException {
    assertTrue(CONFIG.contains(from));
    config(CONFIG.replace(from, to));
    write("model.safetensors", huggingFace());
    var e = refused(ErrorCode.CONFIG_UNSUPPORTED);
    assertTrue(e.what().contains(what), e::toString);
    assertTrue(String.valueOf(e.position()).startsWith("line "), e::toString);
  }

  @ParameterizedTest
  @CsvSource({
    "resnet50, true",
    "resnet101.a1h_in1k, true",
    "gluon_resnet50_v1b, true",
    "tv_resnet152, true",
    "resnet50d, false",
    "resnetblur50, false",
    "seresnet50, false",
    "gluon_resnet50_v1c, false",
    "wide_resnet50_2, false"
  })
  void knowsTimmsPlainArchitectures(String architecture, boolean plain) {
    var json = Json.parse("{\"architecture\": \"" + architecture + "\"}", "config.json").asObject();
    if (plain) {
      assertTrue(architecture.contains(ResNetConfig.fromJson(json).orElseThrow().name()));
      return;
    }
    var e = assertThrows(MmibException.class, () -> ResNetConfig.fromJson(json));
    assertEquals(ErrorCode.CONFIG_UNSUPPORTED, e.code());
    assertTrue(e.what().contains("'" + architecture + "' is no plain ResNet"), e::what);
  }

  private static Arguments relative(
      String name, Consumer<Map<String, int[]>> change, String difference) {
    return Arguments.of(name, change, difference);
  }

  static Stream<Arguments> relatives() {
    return Stream.of(
        relative(
            "resnet50d",
            all -> {
              all.remove("conv1.weight");
              all.put("conv1.0.weight", new int[] {32, 3, 3, 3});
            },
            "deep stem"),
        relative(
            "pooling shortcuts",
            all -> all.put("layer2.0.downsample.2.weight", new int[] {32}),
            "shortcuts pool"),
        relative(
            "seresnet50",
            all -> all.put("layer1.0.se.fc1.weight", new int[] {4, 16, 1, 1}),
            "squeeze"),
        relative("cbam", all -> all.put("layer3.0.cbam.x", new int[] {1}), "channel attention"),
        relative("resnest", all -> all.put("layer1.0.conv2.fc1.weight", new int[] {1}), "split"),
        relative("CLIP", all -> all.put("attnpool.k_proj.weight", new int[] {1}), "CLIP"),
        relative(
            "resnetv2",
            all -> all.put("stages.0.blocks.0.norm1.weight", new int[] {1}),
            "ResNetV2"),
        relative(
            "group norm",
            all -> all.keySet().removeIf(name -> name.contains("running")),
            "no running statistics"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("relatives")
  void saysWhatSetsARelativeApart(
      String name, Consumer<Map<String, int[]>> change, String difference) {
    var all = TINY.shapes();
    change.accept(all);
    write("model.safetensors", all);
    var e = refused(ErrorCode.CONFIG_UNSUPPORTED);
    assertTrue(e.what().contains(difference), e::what);
  }

  @ParameterizedTest
  @CsvSource({"32, 32, wider", "32, 8, grouped"})
  void seesGroupsAndWideBlocks(int out, int in, String difference) {
    var all = TINY.shapes();
    all.put("layer1.0.conv3.weight", new int[] {64, 32, 1, 1});
    all.put("layer1.0.conv2.weight", new int[] {out, in, 3, 3});
    write("model.safetensors", all);
    assertTrue(refused(ErrorCode.CONFIG_UNSUPPORTED).what().contains(difference));
  }

  @Test
  void listsEverythingThatDoesNotFit() throws IOException {
    config(CONFIG);
    var all = huggingFace();
    assertTrue(all.keySet().remove("resnet.encoder.stages.2.layers.0.layer.1.convolution.weight"));
    all.put(
        "resnet.encoder.stages.2.layers.0.layer.1.convolutoin.weight", new int[] {64, 64, 3, 3});
    all.put("resnet.embedder.embedder.normalization.bias", new int[] {17});
    write("model.safetensors", all);
    var e = refused(ErrorCode.WEIGHTS_MISMATCH);
    assertTrue(
        e.what()
            .contains("1 tensor is missing: 'resnet.encoder.stages.2.layers.0.layer.1.convolution"),
        e::what);
    assertTrue(
        e.what()
            .contains(
                "1 tensor has another shape: 'resnet.embedder.embedder.normalization.bias' has"
                    + " shape [17] vs [16], because config.json describes a tiny"),
        e::what);
    assertTrue(e.what().contains("1 tensor is not expected: 'resnet.encoder"), e::what);
    assertTrue(e.hint().contains("convolutoin"), e::hint);
  }

  @Test
  void namesOtherNetworks() {
    write("model.safetensors", Map.of("vit.embeddings.cls_token", new int[] {1, 1, 8}));
    assertTrue(refused(ErrorCode.CONFIG_UNSUPPORTED).what().contains("belongs to a ViT"));
    write("model.safetensors", Map.of("x", new int[] {1}));
    assertTrue(refused(ErrorCode.WEIGHTS_MISMATCH).what().contains("no ResNet that is known"));
  }
}
