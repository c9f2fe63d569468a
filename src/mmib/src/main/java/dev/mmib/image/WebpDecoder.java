package dev.mmib.image;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStreamImpl;
import org.jspecify.annotations.Nullable;

/**
 * WebP, lossy and lossless: the picture, or the first frame of an animation on a black canvas.
 *
 * <p>The container is read here and only the one picture chunk is given to the decoder, so that
 * alpha planes, profiles and metadata are never looked at. Lossy pictures equal those of libwebp
 * without chroma interpolation ({@code dwebp -nofancy}); Pillow interpolates, so edges of colour
 * differ from its.
 */
final class WebpDecoder {

  private static final int HEADER = 12;
  private static final int READ_AHEAD = 64;

  private final ImageBytes in;
  private final int end;
  private int canvasWidth;
  private int canvasHeight;

  private WebpDecoder(ImageBytes in) {
    this.in = in;
    long size = in.u32Little(4) + 8;
    if (size > in.size()) {
      throw in.truncated("byte 4");
    }
    this.end = (int) size;
  }

  static RgbImage decode(ImageBytes in) {
    var decoder = new WebpDecoder(in);
    if (!in.has(HEADER, "VP8X")) {
      return decoder.picture(HEADER);
    }
    in.need(HEADER, 18);
    decoder.canvasWidth = in.u24Little(HEADER + 12) + 1;
    decoder.canvasHeight = in.u24Little(HEADER + 15) + 1;
    in.checkPixels(decoder.canvasWidth, decoder.canvasHeight);
    return decoder.extended((in.u8(HEADER + 8) & 2) != 0);
  }

  private RgbImage extended(boolean animated) {
    if (!animated) {
      RgbImage image = picture(find(HEADER, end, "VP8 ", "VP8L"));
      if (image.width() != canvasWidth || image.height() != canvasHeight) {
        throw in.broken(-1, "the picture is not as large as its canvas");
      }
      return image;
    }
    int frame = find(HEADER, end, "ANMF", "ANMF");
    int frameEnd = next(frame);
    int left = 2 * in.u24Little(frame + 8);
    int top = 2 * in.u24Little(frame + 11);
    RgbImage image = picture(find(frame + 24, frameEnd, "VP8 ", "VP8L"));
    if (left > canvasWidth - image.width() || top > canvasHeight - image.height()) {
      throw in.broken(frame, "the frame reaches beyond the canvas");
    }
    var canvas = new RgbImage(canvasWidth, canvasHeight, new byte[3 * canvasWidth * canvasHeight]);
    int bytes = 3 * image.width();
    for (int y = 0; y < image.height(); y++) {
      int to = 3 * ((top + y) * canvasWidth + left);
      System.arraycopy(image.rgb(), y * bytes, canvas.rgb(), to, bytes);
    }
    return canvas;
  }

  /** The first chunk of one of two names in a range. */
  private int find(int from, int to, String name, String other) {
    for (int at = from; at < to; at = next(at)) {
      if (in.has(at, name) || in.has(at, other)) {
        return at;
      }
    }
    throw in.broken(from, "there is no picture (" + name.trim() + ") in the container");
  }

  /** Where the chunk after the one at a place starts; chunks are padded to even lengths. */
  private int next(int at) {
    long length = in.u32Little(at + 4);
    long next = at + 8L + length + (length & 1);
    if (at + 8L + length > end) {
      throw in.truncated("byte " + at);
    }
    return (int) next;
  }

  private RgbImage picture(int at) {
    int length = (int) Math.min(next(at), end) - at;
    int width;
    int height;
    if (in.has(at, "VP8 ")) {
      if (!in.has(at + 11, "\u009d\u0001\u002a")) {
        throw in.broken(at, "the lossy picture has no key frame");
      }
      width = in.u16Little(at + 14) & 0x3FFF;
      height = in.u16Little(at + 16) & 0x3FFF;
    } else if (in.has(at, "VP8L")) {
      long fields = in.u32Little(at + 9);
      if (in.u8(at + 8) != 0x2F || fields >>> 29 != 0) {
        throw in.broken(at, "the lossless picture has a wrong signature or version");
      }
      width = (int) (fields & 0x3FFF) + 1;
      height = (int) (fields >> 14 & 0x3FFF) + 1;
    } else {
      throw in.broken(at, "no picture chunk where one is due");
    }
    in.checkPixels(width, height);
    return pixels(alone(at, length), width, height);
  }

  /** A container with the one chunk; the decoder reads a little ahead, so zeros follow. */
  private byte[] alone(int at, int length) {
    var out = new ByteArrayOutputStream(length + HEADER + 1 + READ_AHEAD);
    int padded = length + (length & 1);
    out.writeBytes(new byte[] {'R', 'I', 'F', 'F'});
    for (int shift = 0; shift < 32; shift += 8) {
      out.write(padded + 4 >> shift);
    }
    out.writeBytes(new byte[] {'W', 'E', 'B', 'P'});
    out.write(in.bytes(), at, length);
    out.writeBytes(new byte[padded - length + READ_AHEAD]);
    return out.toByteArray();
  }

  // The reader fails in many unchecked ways on damaged data; all of them mean just that.
  private RgbImage pixels(byte[] file, int width, int height) {
    ImageReader reader = null;
    try (var stream = new ExactStream(file)) {
      reader = new WebPImageReaderSpi().createReaderInstance(null);
      reader.setInput(stream, false, true);
      Raster raster = reader.read(0).getRaster();
      byte[] rgb = new byte[3 * width * height];
      int[] row = new int[width * raster.getNumBands()];
      for (int y = 0, to = 0; y < height; y++) {
        raster.getPixels(0, y, width, 1, row);
        for (int from = 0; from < row.length; from += raster.getNumBands(), to += 3) {
          rgb[to] = (byte) row[from];
          rgb[to + 1] = (byte) row[from + 1];
          rgb[to + 2] = (byte) row[from + 2];
        }
      }
      return new RgbImage(width, height, rgb);
    } catch (IOException | RuntimeException e) {
      throw in.broken(-1, "the WebP data is damaged: " + e.getMessage()).causedBy(e);
    } finally {
      dispose(reader);
    }
  }

  /**
   * Bytes whose end is an error. The reader takes an end of file for endless zeros, and would
   * decode as many of them as the header asks for.
   */
  private static final class ExactStream extends ImageInputStreamImpl {

    private final byte[] bytes;

    ExactStream(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      read(one, 0, 1);
      return one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      checkClosed();
      bitOffset = 0;
      int count = (int) Math.min(length, bytes.length - streamPos);
      if (count <= 0 && length > 0) {
        throw new IOException("the data ends too early");
      }
      System.arraycopy(bytes, (int) streamPos, to, offset, count);
      streamPos += count;
      return count;
    }

    @Override
    public long length() {
      return bytes.length;
    }
  }

  private static void dispose(@Nullable ImageReader reader) {
    if (reader != null) {
      reader.dispose();
    }
  }
}
