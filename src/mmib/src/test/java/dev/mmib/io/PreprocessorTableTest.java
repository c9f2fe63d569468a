package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Warnings;
import dev.mmib.image.PixelRule;
import dev.mmib.image.ResizeKernel;
import dev.mmib.model.ImageConfig;
import dev.mmib.resnet.ResNetConfig;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Row C17 of the catalogue of bad inputs: how pictures are prepared. */
class PreprocessorTableTest {

  private static final String NORM =
      "\"image_mean\": [0.485, 0.456, 0.406], \"image_std\": [0.229, 0.224, 0.225], ";

  @TempDir Path dir;

  @BeforeEach
  void writesWeights() {
    var tensors = new TreeMap<String, TensorSource>();
    ResNetConfig.tiny()
        .shapes()
        .forEach(
            (name, dims) ->
                tensors.put(
                    name, TensorSource.floats(Shape.of(dims), new float[Shape.of(dims).size()])));
    SafeTensors.write(dir.resolve("model.safetensors"), tensors, Map.of());
  }

  private ImageConfig read(String file, String json) throws IOException {
    Files.writeString(dir.resolve(file), json);
    return ResNetSource.open(dir).imageConfig();
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of("C17a: a mean of two", "\"image_mean\": [0.5, 0.5]", "has 2 numbers, not 3"),
        Arguments.of("C17b: a mean of four", "\"image_mean\": [0, 0, 0, 0]", "has 4 numbers"),
        Arguments.of("C17c: no mean", "\"image_mean\": []", "has 0 numbers"),
        Arguments.of("C17d: a mean that is text", "\"image_mean\": \"0.5\"", "expected an array"),
        Arguments.of("C17e: a mean of text", "\"image_mean\": [0, \"0\", 0]", "expected a number"),
        Arguments.of("C17f: a mean of 1e300", "\"image_mean\": [0, 1e300, 0]", "not from -255"),
        Arguments.of("C17g: a std of two", NORM.replace(", 0.225", ""), "has 2 numbers, not 3"),
        Arguments.of("C17h: a std of 0", NORM.replace("0.225", "0"), "has 0.0, not above 0"),
        Arguments.of("C17i: a std below 0", NORM.replace("0.225", "-1"), "has -1.0, not above 0"),
        Arguments.of("C17j: a std of NaN", NORM.replace("0.225", "NaN"), "not valid JSON"),
        Arguments.of("C17k: a size below 0", NORM + "\"size\": -224", "size is -224, not 32"),
        Arguments.of("C17l: a size of 0", NORM + "\"size\": 0", "size is 0, not 32"),
        Arguments.of("C17m: 100,000", NORM + "\"size\": 100000", "size is 100000, not 32"),
        Arguments.of(
            "C17n: 100,000 at the short side",
            NORM + "\"size\": {\"shortest_edge\": 100000}",
            "size is 100000"),
        Arguments.of(
            "C17o: no square", NORM + "\"size\": {\"height\": 224, \"width\": 225}", "no square"),
        Arguments.of(
            "C17p: half a size", NORM + "\"size\": {\"height\": 224}", "no member 'width'"),
        Arguments.of("C17q: a size of text", NORM + "\"size\": \"224\"", "expected a number"),
        Arguments.of("C17r: a size in halves", NORM + "\"size\": 224.5", "a whole number"),
        Arguments.of(
            "C17s: more cut out than there is",
            NORM + "\"size\": 128, \"crop_size\": 224",
            "made 128 before 224"),
        Arguments.of(
            "C17t: nothing is kept", NORM + "\"size\": 224, \"crop_pct\": 0", "crop_pct is 0.0"),
        Arguments.of("C17u: no filter", NORM + "\"resample\": 17", "resample 17 is no filter"),
        Arguments.of("C17v: a filter's name", NORM + "\"resample\": \"x\"", "'x' is unknown"),
        Arguments.of("C17w: scaled by 0", NORM + "\"rescale_factor\": 0", "rescale_factor is 0.0"),
        Arguments.of("C17x: BGR", NORM + "\"do_flip_channel_order\": true", "is not supported"),
        Arguments.of("C17y: not resized", NORM + "\"do_resize\": false", "not resized"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void refuses(String id, String members, String what) {
    try (var warnings = new Warnings("dev.mmib")) {
      var json = "{\n" + members.strip().replaceFirst(",$", "") + "}";
      var e = assertThrows(MmibException.class, () -> read("preprocessor_config.json", json));
      boolean known = id.contains("BGR") || id.contains("not resized");
      assertEquals(known ? ErrorCode.CONFIG_UNSUPPORTED : ErrorCode.CONFIG, e.code());
      assertEquals(dir.resolve("preprocessor_config.json").toString(), e.file());
      assertTrue(String.valueOf(e.position()).matches("line [12]:\\d+"), e::toString);
      assertTrue(e.what().contains(what), e::toString);
      warnings.take();
    }
  }

  private static Arguments taken(
      String id, String members, int size, int resize, ResizeKernel kernel, String warning) {
    return Arguments.of(id, members, size, resize, kernel, warning);
  }

  static Stream<Arguments> taken() {
    var bilinear = ResizeKernel.BILINEAR;
    var bicubic = ResizeKernel.BICUBIC;
    var squares = "their centre is cut out";
    return Stream.of(
        taken(
            "C17A: microsoft/resnet-50",
            "\"crop_pct\": 0.875, \"do_normalize\": true, \"do_resize\": true, \"resample\": 3,"
                + " \"feature_extractor_type\": \"ConvNextFeatureExtractor\", \"size\": 224",
            224,
            256,
            bicubic,
            ""),
        taken(
            "C17B: the same, written later",
            "\"crop_pct\": null, \"do_rescale\": true, \"rescale_factor\": 0.00392156862745098,"
                + " \"image_processor_type\": \"ConvNextImageProcessor\","
                + " \"resample\": 2, \"size\": {\"shortest_edge\": 224}",
            224,
            256,
            bilinear,
            ""),
        taken(
            "C17C: side and crop",
            "\"size\": {\"shortest_edge\": 256}, \"do_center_crop\": true,"
                + " \"crop_size\": {\"height\": 224, \"width\": 224}",
            224,
            256,
            bilinear,
            ""),
        taken("C17D: numbers", "\"size\": 288, \"crop_size\": 256", 256, 288, bilinear, ""),
        taken(
            "C17E: whole pictures",
            "\"crop_pct\": 0.9, \"size\": 384",
            384,
            384,
            bilinear,
            squares),
        taken(
            "C17F: squeezed",
            "\"size\": {\"height\": 224, \"width\": 224}",
            224,
            224,
            bilinear,
            squares),
        taken(
            "C17G: Lanczos",
            "\"size\": 288, \"crop_size\": 256, \"resample\": 1",
            256,
            288,
            bilinear,
            "resized bilinearly, not by lanczos"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("taken")
  void takes(String id, String members, int size, int resize, ResizeKernel kernel, String warning)
      throws IOException {
    try (var warnings = new Warnings("dev.mmib.io.PreprocessorConfig")) {
      var config = read("preprocessor_config.json", "{" + NORM + members + "}");
      var rule = PixelRule.IMAGENET;
      assertEquals(
          new ImageConfig(
              "tiny", false, size, resize, new PixelRule(kernel, rule.mean(), rule.deviation())),
          config);
      var told = warnings.take();
      assertEquals(warning.isEmpty() ? 0 : 1, told.size(), told.toString());
      assertTrue(told.toString().contains(warning), told::toString);
    }
  }

  @Test
  void foldsOtherRangesIntoMeanAndDeviation() throws IOException {
    var raw = "\"size\": 64, \"crop_size\": 64, ";
    var off = read("preprocessor_config.json", "{" + raw + "\"do_normalize\": false}").pixels();
    assertEquals(List.of(0.0, 0.0, 0.0), off.mean());
    assertEquals(List.of(1.0, 1.0, 1.0), off.deviation());
    var bytes =
        read(
                "preprocessor_config.json",
                "{"
                    + raw
                    + "\"do_rescale\": false, \"image_mean\": [127.5, 0, 255],"
                    + " \"image_std\": [51, 255, 127.5]}")
            .pixels();
    assertEquals(List.of(0.5, 0.0, 1.0), bytes.mean());
    assertEquals(List.of(0.2, 1.0, 0.5), bytes.deviation());
  }

  @Test
  void readsTimmsSettings() throws IOException {
    var weights = "{\"architecture\": \"resnet50\", \"pretrained_cfg\": {";
    var cfg =
        "\"input_size\": [3, 224, 224], \"crop_pct\": 0.95, \"interpolation\": \"bicubic\","
            + " \"mean\": [0.5, 0.5, 0.5], \"std\": [0.25, 0.25, 0.25]}}";
    var json = Json.parse(weights + cfg, "config.json").asObject();
    var found = PreprocessorConfig.in(dir, json).orElseThrow();
    assertEquals(224, found.crop());
    assertEquals(235, found.resize());
    assertEquals(ResizeKernel.BICUBIC, found.rule().kernel());
    assertEquals(List.of(0.25, 0.25, 0.25), found.rule().deviation());
    var odd = Json.parse((weights + cfg).replace("224, 224", "224, 192"), "config.json").asObject();
    assertThrows(MmibException.class, () -> PreprocessorConfig.in(dir, odd));
  }

  @Test
  void keepsTheUsualWithoutAFile() {
    assertEquals(ImageConfig.of("tiny"), ResNetSource.open(dir).imageConfig());
  }
}
