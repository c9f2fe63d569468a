package dev.mmib.image;

import org.jspecify.annotations.Nullable;

/**
 * GIF: its first frame, on a canvas filled with the transparent colour, or with colour 0.
 *
 * <p>The canvas, the order of interlaced rows and colours without palette (grey) follow Pillow.
 */
final class GifDecoder {

  private static final int LARGEST_CODE = 4096;
  private static final int[] FIRST_ROWS = {0, 4, 2, 1};
  private static final int[] ROW_STEPS = {8, 8, 4, 2};

  private final ImageBytes in;
  private int at;
  private byte @Nullable [] globalPalette;
  private int transparent;

  // LZW: code c is the string of prefix[c] followed by suffix[c].
  private final int[] prefix = new int[LARGEST_CODE];
  private final byte[] suffix = new byte[LARGEST_CODE];
  private final byte[] stack = new byte[LARGEST_CODE + 1];

  // The bits of the current run of sub-blocks.
  private int block;
  private int bits;
  private int bitCount;

  GifDecoder(ImageBytes in) {
    this.in = in;
  }

  RgbImage decode() {
    int screenWidth = in.u16Little(6);
    int screenHeight = in.u16Little(8);
    at = 13;
    globalPalette = palette(in.u8(10));
    seekFrame();
    int left = in.u16Little(at);
    int top = in.u16Little(at + 2);
    int width = in.u16Little(at + 4);
    int height = in.u16Little(at + 6);
    int canvasWidth = Math.max(screenWidth, left + width);
    int canvasHeight = Math.max(screenHeight, top + height);
    in.checkPixels(width, height);
    in.checkPixels(canvasWidth, canvasHeight);
    int flags = in.u8(at + 8);
    at += 9;
    byte[] local = palette(flags);
    byte[] colors = local != null ? local : globalPalette != null ? globalPalette : greys();
    byte[] indices = new byte[width * height];
    decompress(indices);
    return paint(
        new RgbImage(canvasWidth, canvasHeight, new byte[3 * canvasWidth * canvasHeight]),
        left,
        top,
        width,
        (flags & 0x40) != 0 ? deinterlaced(indices, width, height) : indices,
        colors);
  }

  /** The palette that the flags announce at this place, or null. */
  private byte @Nullable [] palette(int flags) {
    if ((flags & 0x80) == 0) {
      return null;
    }
    int length = 3 << (flags & 7) + 1;
    in.need(at, length);
    byte[] colors = java.util.Arrays.copyOfRange(in.bytes(), at, at + length);
    at += length;
    return colors;
  }

  private static byte[] greys() {
    byte[] colors = new byte[768];
    for (int i = 0; i < 768; i++) {
      colors[i] = (byte) (i / 3);
    }
    return colors;
  }

  /** Goes to the first image descriptor, remembering a transparent colour on the way. */
  private void seekFrame() {
    while (true) {
      int kind = in.u8(at++);
      if (kind == 0x2C) {
        return;
      } else if (kind == 0x21) {
        int label = in.u8(at++);
        if (label == 0xF9 && in.u8(at) >= 4) {
          transparent = (in.u8(at + 1) & 1) != 0 ? in.u8(at + 4) : 0;
        }
        skipBlocks();
      } else if (kind == 0x3B) {
        throw in.broken(at - 1, "there is no frame");
      } else if (kind != 0) {
        throw in.broken(at - 1, String.format("unknown block 0x%02x", kind));
      }
    }
  }

  private void skipBlocks() {
    int length = in.u8(at++);
    while (length != 0) {
      at += length;
      length = in.u8(at++);
    }
  }

  private void decompress(byte[] out) {
    int start = in.u8(at++);
    if (start < 1 || start > 8) {
      throw in.broken(at - 1, "the codes start with " + start + " bits, 1 to 8 expected");
    }
    int clear = 1 << start;
    for (int i = 0; i < clear; i++) {
      suffix[i] = (byte) i;
    }
    int size = start + 1;
    int next = clear + 2;
    int previous = -1;
    int first = 0;
    int done = 0;
    while (done < out.length) {
      int code = code(size);
      if (code == clear) {
        size = start + 1;
        next = clear + 2;
        previous = -1;
        continue;
      }
      if (code == clear + 1) {
        throw in.truncated("pixel " + done);
      }
      if (previous < 0 ? code >= clear : code > next || code == next && next == LARGEST_CODE) {
        throw in.broken(at, "code " + code + " is not defined yet");
      }
      int depth = 0;
      int walk = code;
      if (code == next) {
        stack[depth++] = (byte) first;
        walk = previous;
      }
      while (walk >= clear) {
        stack[depth++] = suffix[walk];
        walk = prefix[walk];
      }
      first = suffix[walk] & 0xFF;
      stack[depth++] = (byte) first;
      while (depth > 0 && done < out.length) {
        out[done++] = stack[--depth];
      }
      if (previous >= 0 && next < LARGEST_CODE) {
        prefix[next] = previous;
        suffix[next] = (byte) first;
        next++;
        if (next == 1 << size && size < 12) {
          size++;
        }
      }
      previous = code;
    }
  }

  private int code(int size) {
    while (bitCount < size) {
      if (block == 0) {
        block = in.u8(at++);
        if (block == 0) {
          throw in.truncated("byte " + at);
        }
      }
      bits |= in.u8(at++) << bitCount;
      bitCount += 8;
      block--;
    }
    int code = bits & (1 << size) - 1;
    bits >>>= size;
    bitCount -= size;
    return code;
  }

  private static byte[] deinterlaced(byte[] indices, int width, int height) {
    byte[] out = new byte[indices.length];
    int from = 0;
    for (int pass = 0; pass < 4; pass++) {
      for (int y = FIRST_ROWS[pass]; y < height; y += ROW_STEPS[pass]) {
        System.arraycopy(indices, from, out, y * width, width);
        from += width;
      }
    }
    return out;
  }

  private RgbImage paint(
      RgbImage canvas, int left, int top, int width, byte[] indices, byte[] colors) {
    boolean covered = indices.length == canvas.width() * canvas.height();
    for (int i = 0; !covered && i < canvas.width() * canvas.height(); i++) {
      color(colors, transparent, canvas.rgb(), 3 * i);
    }
    for (int i = 0; i < indices.length; i++) {
      int pixel = (top + i / width) * canvas.width() + left + i % width;
      color(colors, indices[i] & 0xFF, canvas.rgb(), 3 * pixel);
    }
    return canvas;
  }

  private void color(byte[] colors, int index, byte[] rgb, int to) {
    if (3 * index >= colors.length) {
      throw in.broken(-1, "a pixel has colour " + index + " of a palette of " + colors.length / 3);
    }
    System.arraycopy(colors, 3 * index, rgb, to, 3);
  }
}
