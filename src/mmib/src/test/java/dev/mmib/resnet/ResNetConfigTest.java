package dev.mmib.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.error.MmibException;
import dev.mmib.nn.Initializer;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResNetConfigTest {

  @ParameterizedTest
  @ValueSource(strings = {"tiny", "resnet18", "resnet34", "resnet50"})
  void recognizesANetworkByItsWeights(String name) {
    try (var backend = new JavaBackend(1);
        var parameters = new Parameters(backend, Weights.random(0))) {
      var network = ResNet.of(parameters, ResNetConfig.named(name));
      var shapes = new HashMap<String, int[]>();
      parameters.all().forEach((n, tensor) -> shapes.put(n, tensor.shape().dims()));
      assertEquals(name, ResNetConfig.ofShapes(shapes).orElseThrow().name());
      int features = network.config().features();
      assertEquals(name.equals("tiny") ? 128 : name.equals("resnet50") ? 2048 : 512, features);
    }
  }

  @Test
  void recognizesNothingElse() {
    assertTrue(ResNetConfig.ofShapes(Map.of()).isEmpty());
    assertTrue(ResNetConfig.ofShapes(Map.of("conv1.weight", new int[] {64, 3, 7, 7})).isEmpty());
  }

  @Test
  void namesTheKnownNetworks() {
    var error = assertThrows(MmibException.class, () -> ResNetConfig.named("resnet51"));
    assertTrue(error.toString().contains("resnet152"), error.toString());
  }

  @Test
  void drawsFreshWeightsByNameAndSeedAlone() {
    try (var backend = new JavaBackend(1);
        var one = new Parameters(backend, Weights.random(1));
        var other = new Parameters(backend, Weights.random(1))) {
      ResNet.of(one, ResNetConfig.tiny());
      other.at("somewhere").add("else", Initializer.ONES, 3);
      ResNet.of(other, ResNetConfig.tiny());
      var name = "layer2.0.conv1.weight";
      int size = one.tensor(name).shape().size();
      var first = new float[size];
      var second = new float[size];
      backend.download(one.tensor(name).buffer(), 0, first, 0, size);
      backend.download(other.tensor(name).buffer(), 0, second, 0, size);
      assertArrayEquals(first, second);
    }
  }
}
