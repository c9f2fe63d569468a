package dev.mmib.image;

/**
 * BMP: palettes of 1, 4, 8 bits, colours of 16, 24, 32 bits, run lengths; either row order.
 *
 * <p>Bit masks other than 5-5-5, 5-6-5 and the byte orders of 32 bits are refused by name.
 */
final class BmpDecoder {

  private static final int UNCOMPRESSED = 0;
  private static final int RLE8 = 1;
  private static final int RLE4 = 2;
  private static final int BIT_FIELDS = 3;
  private static final int FILE_HEADER = 14;
  private static final int OLD_HEADER = 12;

  private final ImageBytes in;
  private int width;
  private int height;
  private boolean topDown;
  private int bits;
  private int compression;
  private int colors;
  private int paletteAt;
  private int dataAt;
  private byte[] rgb = new byte[0];

  BmpDecoder(ImageBytes in) {
    this.in = in;
  }

  RgbImage decode() {
    readHeader();
    in.checkPixels(width, height);
    if (compression == UNCOMPRESSED || compression == BIT_FIELDS) {
      in.need(dataAt, rowBytes() * height);
    }
    rgb = new byte[3 * width * height];
    switch (compression) {
      case UNCOMPRESSED, BIT_FIELDS -> {
        switch (bits) {
          case 1, 4, 8 -> readPaletteRows();
          case 16 -> read16();
          case 24 -> readBytes(3, 2, 1, 0);
          case 32 -> read32();
          default -> throw in.unsupported("BMP of " + bits + " bits a pixel");
        }
      }
      case RLE8, RLE4 -> readRuns();
      default -> throw in.unsupported("BMP with compression " + compression);
    }
    return new RgbImage(width, height, rgb);
  }

  private void readHeader() {
    dataAt = checkedOffset(in.u32Little(10));
    int header = checkedOffset(in.u32Little(FILE_HEADER));
    if (header == OLD_HEADER) {
      width = in.u16Little(18);
      height = in.u16Little(20);
      bits = in.u16Little(24);
    } else if (header == 40 || header == 52 || header == 56 || header == 64 || header >= 108) {
      width = (int) in.u32Little(18);
      height = (int) in.u32Little(22);
      topDown = height < 0;
      height = topDown ? -height : height;
      bits = in.u16Little(28);
      compression = (int) in.u32Little(30);
      colors = (int) Math.min(in.u32Little(46), 256);
    } else {
      throw in.unsupported("BMP with a header of " + header + " bytes");
    }
    paletteAt = FILE_HEADER + header + (header == 40 && compression == BIT_FIELDS ? 12 : 0);
    if (bits <= 8 && (colors == 0 || colors > 1 << bits)) {
      colors = 1 << bits;
    }
    if (topDown && (compression == RLE8 || compression == RLE4)) {
      throw in.broken(22, "run lengths with rows from the top");
    }
  }

  private int checkedOffset(long value) {
    if (value > in.size()) {
      throw in.broken(-1, "the header points to byte " + value + " of " + in.size());
    }
    return (int) value;
  }

  private long rowBytes() {
    return ((long) width * bits + 31) / 32 * 4;
  }

  /** Where row {@code y} of the file starts; the file is known to have them all. */
  private int rowAt(int y) {
    return dataAt + (int) (y * rowBytes());
  }

  private int row(int y) {
    return topDown ? y : height - 1 - y;
  }

  private void readPaletteRows() {
    for (int y = 0; y < height; y++) {
      int from = rowAt(y);
      for (int x = 0; x < width; x++) {
        int bit = x * bits;
        int index = in.bytes()[from + (bit >> 3)] >> 8 - bits - (bit & 7) & (1 << bits) - 1;
        color(index, x, row(y));
      }
    }
  }

  private void color(int index, int x, int y) {
    int entry = bitsOfPaletteEntry();
    if (index >= colors) {
      throw in.broken(-1, "a pixel has colour " + index + " of a palette of " + colors);
    }
    int from = paletteAt + index * entry;
    in.need(from, 3);
    int to = (y * width + x) * 3;
    rgb[to] = in.bytes()[from + 2];
    rgb[to + 1] = in.bytes()[from + 1];
    rgb[to + 2] = in.bytes()[from];
  }

  private int bitsOfPaletteEntry() {
    return paletteAt == FILE_HEADER + OLD_HEADER ? 3 : 4;
  }

  private long mask(int channel) {
    return in.u32Little(FILE_HEADER + 40 + 4 * channel);
  }

  private void read16() {
    boolean wide = compression == BIT_FIELDS && mask(0) == 0xF800;
    if (compression == BIT_FIELDS
        && !(wide && mask(1) == 0x7E0 && mask(2) == 0x1F)
        && !(mask(0) == 0x7C00 && mask(1) == 0x3E0 && mask(2) == 0x1F)) {
      throw in.unsupported("BMP with these bit masks");
    }
    int greenBits = wide ? 6 : 5;
    int green = (1 << greenBits) - 1;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int value = in.u16Little(rowAt(y) + 2 * x);
        int to = (row(y) * width + x) * 3;
        rgb[to] = (byte) ((value >> 5 + greenBits & 31) * 255 / 31);
        rgb[to + 1] = (byte) ((value >> 5 & green) * 255 / green);
        rgb[to + 2] = (byte) ((value & 31) * 255 / 31);
      }
    }
  }

  private void read32() {
    int red = 2;
    int green = 1;
    int blue = 0;
    if (compression == BIT_FIELDS && (mask(0) | mask(1) | mask(2)) != 0) {
      red = byteOf(mask(0));
      green = byteOf(mask(1));
      blue = byteOf(mask(2));
    }
    readBytes(4, red, green, blue);
  }

  private int byteOf(long mask) {
    for (int i = 0; i < 4; i++) {
      if (mask == 0xFFL << 8 * i) {
        return i;
      }
    }
    throw in.unsupported("BMP with these bit masks");
  }

  private void readBytes(int bytes, int red, int green, int blue) {
    for (int y = 0; y < height; y++) {
      int from = rowAt(y);
      int to = row(y) * width * 3;
      for (int x = 0; x < width; x++, from += bytes, to += 3) {
        rgb[to] = in.bytes()[from + red];
        rgb[to + 1] = in.bytes()[from + green];
        rgb[to + 2] = in.bytes()[from + blue];
      }
    }
  }

  /**
   * Run lengths, from the bottom row up; what is skipped has colour 0, what reaches beyond a row is
   * not seen.
   */
  private void readRuns() {
    if (bits != (compression == RLE8 ? 8 : 4)) {
      throw in.broken(28, "run lengths with " + bits + " bits a pixel");
    }
    for (int i = 0; i < width * height; i++) {
      color(0, i % width, i / width);
    }
    int at = dataAt;
    int x = 0;
    int y = 0;
    while (y < height) {
      int count = in.u8(at);
      int value = in.u8(at + 1);
      at += 2;
      if (count > 0) {
        int seen = Math.min(count, width - x);
        for (int i = 0; i < seen; i++) {
          int index = bits == 8 ? value : i % 2 == 0 ? value >> 4 : value & 15;
          color(index, x + i, height - 1 - y);
        }
        x += seen;
      } else if (value == 0) {
        x = 0;
        y++;
      } else if (value == 1) {
        return;
      } else if (value == 2) {
        x = Math.min(width, x + in.u8(at));
        y += in.u8(at + 1);
        at += 2;
      } else {
        int bytes = bits == 8 ? value : (value + 1) / 2;
        in.need(at, bytes);
        int seen = Math.min(value, width - x);
        for (int i = 0; i < seen; i++) {
          int two = in.u8(at + (bits == 8 ? i : i / 2));
          color(bits == 8 ? two : i % 2 == 0 ? two >> 4 : two & 15, x + i, height - 1 - y);
        }
        x += seen;
        at += bytes + (bytes & 1);
      }
    }
  }
}
