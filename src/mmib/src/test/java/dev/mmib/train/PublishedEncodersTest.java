package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.golden.Golden;
import dev.mmib.image.PixelRule;
import dev.mmib.image.ResizeKernel;
import dev.mmib.io.ModelDirectory;
import dev.mmib.io.ResNetSource;
import dev.mmib.io.SafeTensors;
import dev.mmib.io.TensorSource;
import dev.mmib.model.ImageConfig;
import dev.mmib.model.Task;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.resnet.Namings;
import dev.mmib.resnet.ResNet;
import dev.mmib.resnet.ResNetConfig;
import dev.mmib.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Encoders as HuggingFace publishes them, given to a training. */
class PublishedEncodersTest {

  private static final String PREPROCESSOR =
      """
      {"size": 72, "crop_size": 64, "resample": 3,
       "image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.5, 1]}\
      """;

  @TempDir Path dir;

  private Map<String, float[]> encoder() throws IOException {
    var random = new Random(1);
    var values = new TreeMap<String, float[]>();
    var tensors = new TreeMap<String, TensorSource>();
    ResNetConfig.tiny()
        .shapes()
        .forEach(
            (name, dims) -> {
              var shape = Shape.of(dims);
              var numbers = new float[shape.size()];
              for (int i = 0; i < numbers.length; i++) {
                numbers[i] = random.nextFloat();
              }
              values.put("resnet." + name, numbers);
              tensors.put(Namings.classifier(name), TensorSource.floats(shape, numbers));
            });
    SafeTensors.write(dir.resolve("model.safetensors"), tensors, Map.of());
    Files.writeString(dir.resolve("preprocessor_config.json"), PREPROCESSOR);
    return values;
  }

  @Test
  void takesWeightsOfItsNaming() throws IOException {
    var expected = encoder();
    try (var backend = new JavaBackend(1);
        var weights = ResNetSource.open(dir).weights();
        var parameters = new Parameters(backend, weights.resnet(Weights.random(1)))) {
      var network = ResNet.of(parameters.at("resnet"), ResNetSource.open(dir).network());
      assertEquals(ResNetConfig.tiny(), network.config());
      assertEquals(expected.keySet(), parameters.all().keySet());
      parameters
          .all()
          .forEach(
              (name, tensor) -> {
                var values = new float[tensor.shape().size()];
                backend.download(tensor.buffer(), 0, values, 0, values.length);
                assertArrayEquals(expected.get(name), values, name);
              });
    }
  }

  @Test
  void preparesPicturesAsItsFilesSayUnlessTheSettingsDo() throws IOException {
    encoder();
    var source = new ModelSource(null, dir, null);
    var files =
        new PixelRule(ResizeKernel.BICUBIC, List.of(0.5, 0.5, 0.5), List.of(0.25, 0.5, 1.0));
    assertEquals(
        new ImageConfig("tiny", false, 64, 72, files),
        source.imageConfig(ImageConfig.of("resnet50"), Set.of()));
    var settings =
        new Settings(Task.NER)
            .set("image.size=96")
            .set("image.mean=0.1, 0.2,0.3")
            .set("image.resample=bilinear")
            .set("image.std=[1,1,2]");
    var told = settings.config().model().image();
    assertEquals(
        new ImageConfig(
            "tiny",
            false,
            96,
            96,
            new PixelRule(ResizeKernel.BILINEAR, List.of(0.1, 0.2, 0.3), List.of(1.0, 1.0, 2.0))),
        source.imageConfig(told, settings.explicit()));
  }

  /** A training of no epoch is what it started from. */
  @Test
  void startsFromBothAndWritesWhatTheySay() throws IOException {
    var pictures = encoder();
    var text = Golden.copy().resolve("bert-tiny/model");
    var data = ToyData.relations(dir.resolve("data"), 8, 4);
    var settings = new Settings(Task.RE).set("epochs=0").set("maxLength=32").set("crops=0");
    try (var backend = new JavaBackend(1)) {
      var result =
          Trainer.of(settings, data)
              .from(new ModelSource(text, dir, null))
              .run(backend, dir.resolve("out"), Existing.REFUSE);
      var model = ModelDirectory.open(result.model());
      assertEquals(
          new ImageConfig(
              "tiny",
              false,
              64,
              72,
              new PixelRule(ResizeKernel.BICUBIC, List.of(0.5, 0.5, 0.5), List.of(0.25, 0.5, 1.0))),
          model.config().image());
      var tokenizer = model.tokenizer();
      assertEquals(120, tokenizer.size());
      assertEquals(64, tokenizer.maxLength());
      assertEquals(List.of("<o>", "</o>"), tokenizer.tokenize("<o></o>"));
      model.load(backend).close();
      try (var trained = SafeTensors.open(result.model().resolve("model.safetensors"));
          var published = SafeTensors.open(text.resolve("model.safetensors"))) {
        for (var name : published.tensors().keySet()) {
          if (name.endsWith("position_ids")) {
            continue; // a buffer, no weight
          }
          var before = published.readFloats(name);
          var after = trained.readFloats("bert." + name);
          assertArrayEquals(before, after, name);
        }
        pictures.forEach(
            (name, values) -> assertArrayEquals(values, trained.readFloats(name), name));
      }
    }
  }
}
