package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.data.DataDirectory;
import dev.mmib.data.PictureFiles;
import dev.mmib.model.MmibModel;
import dev.mmib.model.Task;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PicturesTest {

  private final JavaBackend backend = new JavaBackend(1);

  @TempDir Path directory;

  private MmibModel model(boolean frozen) throws IOException {
    var settings = ToyData.settings(Task.NER).set("crops=1").set("image.frozen=" + frozen);
    var found =
        TrainingData.forTraining(
            DataDirectory.open(ToyData.ner(directory, 4, 1)),
            Task.NER,
            settings.config().rows(),
            1);
    var design = ModelSource.RANDOM.design(settings.config(), Set.of(), found);
    return ModelSource.RANDOM.make(backend, design).model();
  }

  private Optional<Path> white() throws IOException {
    var file = directory.resolve("white.png");
    var image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
    image.createGraphics().fillRect(0, 0, 40, 40);
    ImageIO.write(image, "png", file.toFile());
    return Optional.of(file);
  }

  /** An array that is used again must not show the pictures of the batch before. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void areTheSameInAnArrayThatWasGivenBack(boolean frozen) throws IOException {
    try (backend;
        var model = model(frozen);
        var pictures = new Pictures(model, RowSettings.MissingImages.ZERO, 1);
        var fresh = new Pictures(model, RowSettings.MissingImages.ZERO, 1)) {
      var withCrop = new PictureFiles(white(), List.of(white()));
      var withoutCrop = new PictureFiles(white(), List.of(Optional.empty()));
      var places = List.of("one", "two");
      var first = pictures.images(pictures.prepare(List.of(withCrop, withCrop), places), model);
      pictures.release(first);
      var posts = List.of(withoutCrop, withCrop);
      var second = pictures.images(pictures.prepare(posts, places), model);
      assertSame(first.values(), second.values());
      var expected = fresh.images(fresh.prepare(posts, places), model);
      assertArrayEquals(expected.values(), second.values());
      assertArrayEquals(expected.present(), second.present());
    }
  }

  @Test
  void twoBatchesOfOneStepHaveArraysOfTheirOwn() throws IOException {
    try (backend;
        var model = model(true);
        var pictures = new Pictures(model, RowSettings.MissingImages.ZERO, 1)) {
      var one = pictures.images(pictures.blank(2), model);
      var two = pictures.images(pictures.blank(2), model);
      assertNotSame(one.values(), two.values());
      pictures.release(one);
      pictures.release(two);
      var smaller = pictures.images(pictures.blank(1), model);
      assertTrue(smaller.values().length < one.values().length);
      assertNotSame(one.values(), pictures.images(pictures.blank(2), model).values());
    }
  }
}
