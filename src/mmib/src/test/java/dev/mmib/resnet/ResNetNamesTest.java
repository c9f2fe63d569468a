package dev.mmib.resnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResNetNamesTest {

  /** Names as they are published. */
  @ParameterizedTest
  @CsvSource({
    "resnet.embedder.embedder.convolution.weight, conv1.weight",
    "resnet.embedder.embedder.normalization.running_mean, bn1.running_mean",
    "resnet.encoder.stages.0.layers.0.shortcut.convolution.weight, layer1.0.downsample.0.weight",
    "resnet.encoder.stages.0.layers.0.shortcut.normalization.bias, layer1.0.downsample.1.bias",
    "resnet.encoder.stages.0.layers.0.layer.0.convolution.weight, layer1.0.conv1.weight",
    "resnet.encoder.stages.2.layers.22.layer.2.normalization.running_var,"
        + " layer3.22.bn3.running_var",
    "resnet.encoder.stages.3.layers.1.layer.1.normalization.num_batches_tracked,"
        + " layer4.1.bn2.num_batches_tracked",
    "classifier.1.bias, fc.bias",
    "classifier.1.weight, fc.weight"
  })
  void translatesHuggingFaces(String theirs, String ours) {
    var stem = "resnet.encoder.stages.0.layers.0.layer.1.convolution.weight";
    assertEquals(List.of(theirs), ResNetNames.of(List.of(theirs, stem)).stored(ours));
    if (!theirs.startsWith("classifier")) {
      var bare = theirs.substring("resnet.".length());
      var bareStem = stem.substring("resnet.".length());
      var names = ResNetNames.of(List.of(bare, bareStem));
      assertEquals(List.of(bare), names.stored(ours));
      assertEquals(bare, names.spelled(ours));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "tiny"})
  void recognizesEveryNetworkInEveryNaming(String network) {
    var config = ResNetConfig.named(network);
    Namings.all()
        .forEach(
            (who, naming) -> {
              var stored = new TreeMap<String, int[]>();
              config.shapes().forEach((name, dims) -> stored.put(naming.apply(name), dims));
              stored.put(naming.apply("fc.weight"), new int[] {1000, config.features()});
              stored.put(naming.apply("bn1.num_batches_tracked"), new int[0]);
              assertEquals(config, ResNetConfig.ofShapes(stored).orElseThrow(), who);
              var names = ResNetNames.of(stored.keySet());
              config
                  .shapes()
                  .keySet()
                  .forEach(
                      name -> {
                        assertEquals(List.of(naming.apply(name)), names.stored(name), who);
                        assertEquals(naming.apply(name), names.spelled(name), who);
                      });
            });
  }

  @Test
  void leavesOutWhatBelongsToNoResNet() {
    var names = ResNetNames.of(List.of("conv1.weight", "bert.x", "classifier.1.weight", "head.fc"));
    assertEquals(
        Map.of("conv1.weight", 1), names.translated(Map.of("conv1.weight", 1, "head.fc", 2)));
    assertTrue(names.stored("fc.weight").isEmpty());
  }
}
