package dev.mmib.resnet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.golden.Backends;
import dev.mmib.golden.Golden;
import dev.mmib.golden.GoldenCase;
import dev.mmib.golden.GoldenFile;
import dev.mmib.golden.GoldenHash;
import dev.mmib.io.ResNetSource;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.nn.Linear;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.Shape;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The golden ResNet-50 out of a file in every naming. */
class ResNetNamesGoldenTest {

  private static final ResNetConfig NETWORK = ResNetConfig.named("resnet50");

  @TempDir Path dir;

  @TestFactory
  Stream<DynamicTest> givesStagesByEveryNaming() {
    return Golden.orSkipped(
        () -> {
          Golden.require("resnet50");
          return Namings.all().entrySet().stream()
              .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> check(e.getValue())));
        });
  }

  private void check(UnaryOperator<String> naming) {
    var golden = GoldenFile.load("resnet50/expected");
    var hash = new GoldenHash(golden.json().longInteger("weight_seed"));
    var stored = new TreeMap<String, TensorSource>();
    NETWORK
        .shapes()
        .forEach((name, dims) -> stored.put(naming.apply(name), source(hash, name, dims)));
    stored.put(naming.apply("layer4.2.bn3.num_batches_tracked"), TensorSource.longs(Shape.of(), 1));
    stored.put(naming.apply("fc.bias"), source(hash, "fc.bias", 1000));
    var file = dir.resolve("model.safetensors");
    SafeTensors.write(file, stored, Map.of());
    var source = ResNetSource.open(file);
    assertEquals(NETWORK, source.network());
    Weights classifier =
        (name, shape, fresh) ->
            hash.uniform(name, shape, GoldenHash.resnet50Rule(name, shape.dims()));
    // The smallest picture: what the layers compute is checked elsewhere, on every device.
    var one =
        golden.cases().stream()
            .filter(c -> c.json().absent("loss"))
            .min(Comparator.comparingInt(ResNetNamesGoldenTest::pixels))
            .orElseThrow();
    var backend = Backends.present().get(0);
    try (var weights = source.weights();
        var parameters = new Parameters(backend, weights.resnet(classifier))) {
      var network = ResNet.of(parameters.at("resnet"), NETWORK);
      var fc = Linear.of(parameters.at("fc"), NETWORK.features(), 1000);
      ResNetGoldenTest.check(backend, parameters, network, fc, golden, one);
    }
  }

  private static int pixels(GoldenCase one) {
    return Shape.of(one.json().object("input").array("shape").ints()).size();
  }

  private static TensorSource source(GoldenHash hash, String name, int... dims) {
    var shape = Shape.of(dims);
    return TensorSource.floats(
        shape, hash.uniform(name, shape.size(), GoldenHash.resnet50Rule(name, dims)));
  }
}
