package dev.mmib.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThumbnailTest {

  @TempDir Path directory;

  private Optional<Path> picture(int width, int height) throws IOException {
    var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    var graphics = image.createGraphics();
    graphics.setColor(new Color(200, 40, 90));
    graphics.fillRect(0, 0, width, height);
    graphics.dispose();
    var file = directory.resolve(width + "x" + height + ".png");
    ImageIO.write(image, "png", file.toFile());
    return Optional.of(file);
  }

  private static BufferedImage shown(Optional<Path> file) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(Thumbnail.of("p", file).file()));
  }

  @Test
  void makesLargePicturesSmallAndKeepsTheirShapeAndColour() throws IOException {
    var image = shown(picture(1120, 560));
    assertEquals(280, image.getWidth());
    assertEquals(140, image.getHeight());
    var color = new Color(image.getRGB(140, 70));
    assertEquals(200, color.getRed(), 4);
    assertEquals(40, color.getGreen(), 4);
    assertEquals(90, color.getBlue(), 4);
    assertEquals(280, shown(picture(3, 3000)).getHeight());
    assertEquals(1, shown(picture(3, 3000)).getWidth());
  }

  @Test
  void leavesSmallPicturesTheirSize() throws IOException {
    var image = shown(picture(8, 5));
    assertEquals(8, image.getWidth());
    assertEquals(5, image.getHeight());
  }

  @Test
  void saysWhyThereIsNoPicture() throws IOException {
    assertEquals("missing", Thumbnail.of("p", Optional.empty()).problem());
    var junk = Files.writeString(directory.resolve("junk.jpg"), "<svg onload=alert(1)>");
    var slot = Thumbnail.of("p", Optional.of(junk));
    assertEquals(0, slot.file().length);
    assertTrue(slot.problem().matches("unreadable: MMIB-\\d+"), slot.problem());
  }
}
