package dev.mmib.demo;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Draws pictures and writes them as JPEG. */
final class Pictures {

  /** A picture and what was cut out of it. */
  record Drawn(byte[] whole, List<byte[]> crops) {}

  private static final float QUALITY = 0.92f;

  private Pictures() {}

  /** A drawing that depends on seed and id only. */
  static Drawn draw(long seed, String id, Consumer<Sketch> motif) {
    var random = new Random(seed * 0x9E3779B97F4A7C15L ^ id.hashCode() * 0xD1B54A32D192ED03L);
    try (var sketch = new Sketch(random)) {
      motif.accept(sketch);
      return new Drawn(jpeg(sketch.image()), sketch.crops().stream().map(Pictures::jpeg).toList());
    }
  }

  private static byte[] jpeg(BufferedImage image) {
    var out = new ByteArrayOutputStream();
    ImageWriter writer =
        ImageIO.getImageWriters(ImageTypeSpecifier.createFromRenderedImage(image), "jpeg").next();
    try (var stream = new MemoryCacheImageOutputStream(out)) {
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality(QUALITY);
      writer.setOutput(stream);
      writer.write(null, new IIOImage(image, null, null), param);
    } catch (IOException e) {
      throw MmibException.of(ErrorCode.IO, "a picture could not be encoded", "Check the memory")
          .causedBy(e);
    } finally {
      writer.dispose();
    }
    return out.toByteArray();
  }

  static void write(Path file, byte[] bytes) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.write(file, bytes);
    } catch (IOException e) {
      throw MmibException.in(
              file.toString(), ErrorCode.IO, "cannot be written", "Check disk space and rights")
          .causedBy(e);
    }
  }
}
