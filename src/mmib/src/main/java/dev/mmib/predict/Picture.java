package dev.mmib.predict;

import dev.mmib.image.ImageDecoder;
import dev.mmib.image.RgbImage;
import java.nio.file.Path;

/** A picture of a post: a file, an encoded image in memory, or one that is decoded already. */
public sealed interface Picture {

  /** A picture in a file, which is read when the post is. */
  record InFile(Path path) implements Picture {
    @Override
    public RgbImage decode() {
      return ImageDecoder.decode(path);
    }
  }

  /**
   * An encoded picture, such as a JPEG.
   *
   * @param name what errors call it
   */
  @SuppressWarnings("ArrayRecordComponent") // as it came over the wire
  record Encoded(byte[] bytes, String name) implements Picture {
    @Override
    public RgbImage decode() {
      return ImageDecoder.decode(bytes, name);
    }
  }

  /** A picture that was decoded elsewhere. */
  record Decoded(RgbImage image) implements Picture {
    @Override
    public RgbImage decode() {
      return image;
    }
  }

  /** The picture; an undecodable one is refused with a {@link dev.mmib.error.MmibException}. */
  RgbImage decode();

  static Picture of(Path file) {
    return new InFile(file);
  }

  static Picture of(byte[] encoded) {
    return new Encoded(encoded, "picture");
  }

  static Picture of(RgbImage image) {
    return new Decoded(image);
  }
}
