package dev.mmib.image;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Turns the bytes of a picture into pixels.
 *
 * <p>PNG (all of it), JPEG (grey, YCbCr, RGB, CMYK, YCCK; baseline and progressive), GIF and WebP
 * (first frame), BMP (palette, 16 to 32 bits, run lengths). The format is decided by content, the
 * number of pixels checked before anything is decoded. Pixels equal those of Pillow's {@code
 * convert('RGB')}: alpha is dropped, gamma, colour profiles and orientation are ignored. Whatever
 * is wrong with an input ends in a {@link MmibException}.
 *
 * <p>PNG, GIF and BMP are decoded here rather than by the JDK's readers, which accept bad checksums
 * and cut data, inflate text chunks without bound and convert grey through a colour space.
 */
public final class ImageDecoder {

  /**
   * What is accepted.
   *
   * @param maxPixels width × height beyond which a picture is refused from its header
   * @param acceptTruncated whether missing pixels of a cut PNG or JPEG are filled instead of
   *     refused
   */
  public record Options(long maxPixels, boolean acceptTruncated) {

    /** 40 megapixels, whole files only. */
    public static final Options DEFAULT = new Options(40_000_000L, false);

    public Options {
      // 3 bytes a pixel have to fit into one array
      if (maxPixels < 1 || maxPixels > 700_000_000L) {
        throw new IllegalArgumentException(
            "ImageDecoder: maxPixels out of range, " + maxPixels + " vs 1 to 700000000");
      }
    }
  }

  /** Far above any picture of 40 megapixels, far below what would not fit into an array. */
  private static final long LARGEST_FILE = 256L << 20;

  private ImageDecoder() {}

  public static RgbImage decode(Path file) {
    return decode(file, Options.DEFAULT);
  }

  /** Decodes a regular file; a symbolic link to one will do, a directory or pipe will not. */
  public static RgbImage decode(Path file, Options options) {
    return decode(read(file), file.toString(), options);
  }

  public static RgbImage decode(byte[] bytes, String name) {
    return decode(bytes, name, Options.DEFAULT);
  }

  /** Decodes a picture in memory; {@code name} is what errors call it. */
  public static RgbImage decode(byte[] bytes, String name, Options options) {
    var in = new ImageBytes(bytes, name, options);
    if (bytes.length == 0) {
      throw in.broken(-1, "the file is empty");
    }
    ImageFormat format = ImageFormat.of(in);
    return switch (format) {
      case PNG -> new PngDecoder(in).decode();
      case JPEG -> JpegDecoder.decode(in);
      case GIF -> new GifDecoder(in).decode();
      case BMP -> new BmpDecoder(in).decode();
      case WEBP -> WebpDecoder.decode(in);
      case UNKNOWN -> throw in.broken(0, "this is no picture of a known format");
      default -> throw in.unsupported(format.title);
    };
  }

  /** The bytes of a picture file, of which there is a limit. */
  public static byte[] read(Path file) {
    String name = file.toString();
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw MmibException.in(
          name, ErrorCode.IMAGE, "not a regular file", "Name a picture file itself");
    }
    try (InputStream in = Files.newInputStream(file)) {
      if (Files.size(file) > LARGEST_FILE) {
        throw MmibException.in(
            name,
            ErrorCode.IMAGE_TOO_LARGE,
            "the file has " + Files.size(file) + " bytes, the limit is " + LARGEST_FILE,
            "Make the picture smaller");
      }
      return in.readNBytes((int) LARGEST_FILE);
    } catch (NoSuchFileException e) {
      throw MmibException.in(
              name, ErrorCode.IMAGE_MISSING, "there is no such picture", "Check the path")
          .causedBy(e);
    } catch (AccessDeniedException e) {
      throw MmibException.in(
              name, ErrorCode.IO, "the picture must not be read", "Check the permissions")
          .causedBy(e);
    } catch (IOException e) {
      throw MmibException.in(
              name, ErrorCode.IO, "the picture cannot be read: " + e.getMessage(), "Check the disk")
          .causedBy(e);
    }
  }
}
