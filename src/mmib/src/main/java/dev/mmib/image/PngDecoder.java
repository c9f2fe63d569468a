package dev.mmib.image;

import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * PNG: every colour type, depth and interlacing, ancillary chunks skipped unread.
 *
 * <p>Checksums of critical chunks are verified, and the compressed data must give exactly the rows
 * that the header promises. Rows are inflated one at a time, so memory is the output and two rows.
 */
final class PngDecoder {

  private static final int SIGNATURE = 8;
  private static final int PALETTE = 3;

  /** Adam7: first column, first row, column step, row step of each pass. */
  private static final int[][] PASSES = {
    {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
  };

  private static final int[][] WHOLE = {{0, 0, 1, 1}};

  /** One run of compressed bytes in the file. */
  private record Part(int at, int length) {}

  private final ImageBytes in;
  private final List<Part> data = new ArrayList<>();
  private byte @Nullable [] palette;
  private int width;
  private int height;
  private int depth;
  private int colorType;
  private boolean interlaced;
  private int nextPart;

  PngDecoder(ImageBytes in) {
    this.in = in;
  }

  RgbImage decode() {
    readChunks();
    if (data.isEmpty()) {
      throw in.broken(-1, "there is no image data (IDAT)");
    }
    if (colorType == PALETTE && palette == null) {
      throw in.broken(-1, "the palette (PLTE) is missing");
    }
    byte[] rgb = new byte[3 * width * height];
    var inflater = new Inflater();
    try {
      boolean whole = readRows(inflater, rgb);
      if (whole) {
        checkEnd(inflater);
      }
    } catch (DataFormatException e) {
      throw in.broken(data.get(Math.max(0, nextPart - 1)).at(), "the compressed data is damaged")
          .causedBy(e);
    } finally {
      inflater.end();
    }
    return new RgbImage(width, height, rgb);
  }

  private void readChunks() {
    int at = SIGNATURE;
    boolean ended = false;
    String previous = "";
    while (!ended) {
      if (in.options().acceptTruncated() && at + 12L > in.size() && !data.isEmpty()) {
        return;
      }
      long length = in.u32(at);
      String type = in.fourCharacters(at + 4);
      checkType(at, type, previous.isEmpty());
      if (length > in.size() - at - 12L) {
        if (in.options().acceptTruncated() && type.equals("IDAT")) {
          data.add(new Part(at + 8, in.size() - at - 8));
          return;
        }
        throw in.truncated("byte " + at);
      }
      if (isCritical(type)) {
        checkSum(at, (int) length, type);
        readCritical(type, at, (int) length, previous);
        ended = type.equals("IEND");
      }
      previous = type;
      at += (int) length + 12;
    }
  }

  private void checkType(int at, String type, boolean first) {
    for (int i = 0; i < 4; i++) {
      int c = type.charAt(i) | 0x20;
      if (c < 'a' || c > 'z') {
        throw in.broken(at + 4, "this is no name of a chunk");
      }
    }
    if (first && !type.equals("IHDR")) {
      throw type.equals("CgBI")
          ? in.unsupported("Apple's CgBI variant of PNG")
          : in.broken(at, "the first chunk is " + type + ", IHDR expected");
    }
  }

  private static boolean isCritical(String type) {
    return Character.isUpperCase(type.charAt(0));
  }

  private void checkSum(int at, int length, String type) {
    var crc = new CRC32();
    crc.update(in.bytes(), at + 4, length + 4);
    if (crc.getValue() != in.u32(at + 8 + length)) {
      throw in.broken(at, "the checksum of chunk " + type + " is wrong");
    }
  }

  private void readCritical(String type, int at, int length, String previous) {
    switch (type) {
      case "IHDR" -> readHeader(at, length);
      case "PLTE" -> readPalette(at, length);
      case "IDAT" -> {
        if (!data.isEmpty() && !previous.equals("IDAT")) {
          throw in.broken(at, "the image data (IDAT) is not in one run");
        }
        data.add(new Part(at + 8, length));
      }
      case "IEND" -> {}
      default -> throw in.unsupported("the critical PNG chunk " + type);
    }
  }

  private void readHeader(int at, int length) {
    if (width != 0) {
      throw in.broken(at, "there is a second header (IHDR)");
    }
    if (length != 13) {
      throw in.broken(at, "the header has " + length + " bytes, 13 expected");
    }
    in.checkPixels(in.u32(at + 8), in.u32(at + 12));
    width = (int) in.u32(at + 8);
    height = (int) in.u32(at + 12);
    depth = in.u8(at + 16);
    colorType = in.u8(at + 17);
    boolean known =
        switch (colorType) {
          case 0 -> depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
          case PALETTE -> depth == 1 || depth == 2 || depth == 4 || depth == 8;
          case 2, 4, 6 -> depth == 8 || depth == 16;
          default -> false;
        };
    if (!known || in.u8(at + 18) != 0 || in.u8(at + 19) != 0 || in.u8(at + 20) > 1) {
      throw in.broken(
          at,
          String.format(
              "the header has colour type %d, depth %d, compression %d, filter %d, interlacing %d",
              colorType, depth, in.u8(at + 18), in.u8(at + 19), in.u8(at + 20)));
    }
    interlaced = in.u8(at + 20) == 1;
  }

  private void readPalette(int at, int length) {
    if (palette != null || length == 0 || length % 3 != 0 || length > 768 || !data.isEmpty()) {
      throw in.broken(at, "the palette is out of place or has " + length + " bytes");
    }
    palette = java.util.Arrays.copyOfRange(in.bytes(), at + 8, at + 8 + length);
  }

  /** Whether all rows were there; fewer are an error unless truncated pictures are accepted. */
  private boolean readRows(Inflater inflater, byte[] rgb) throws DataFormatException {
    int bits = depth * channels();
    var unpacker = new PngPixels(in, depth, colorType, palette);
    for (int[] pass : interlaced ? PASSES : WHOLE) {
      int columns = (width - pass[0] + pass[2] - 1) / pass[2];
      int rows = (height - pass[1] + pass[3] - 1) / pass[3];
      if (columns <= 0 || rows <= 0) {
        continue;
      }
      int rowBytes = (int) (((long) columns * bits + 7) / 8);
      byte[] row = new byte[rowBytes + 1];
      byte[] above = new byte[rowBytes + 1];
      for (int y = 0; y < rows; y++) {
        if (!inflate(inflater, row)) {
          if (in.options().acceptTruncated()) {
            return false;
          }
          throw in.truncated("row " + y);
        }
        unfilter(row, above, Math.max(1, bits / 8));
        int out = ((pass[1] + y * pass[3]) * width + pass[0]) * 3;
        unpacker.unpack(row, columns, rgb, out, pass[2] * 3);
        byte[] swap = above;
        above = row;
        row = swap;
      }
    }
    return true;
  }

  private int channels() {
    return switch (colorType) {
      case 2 -> 3;
      case 4 -> 2;
      case 6 -> 4;
      default -> 1;
    };
  }

  private boolean inflate(Inflater inflater, byte[] row) throws DataFormatException {
    int done = 0;
    while (done < row.length) {
      int n = inflater.inflate(row, done, row.length - done);
      done += n;
      if (n == 0 && !feed(inflater)) {
        return false;
      }
    }
    return true;
  }

  /** Whether inflating may go on: it has input now, and neither ended nor wants a dictionary. */
  private boolean feed(Inflater inflater) {
    if (inflater.finished() || inflater.needsDictionary() || nextPart == data.size()) {
      return false;
    }
    if (inflater.needsInput()) {
      Part part = data.get(nextPart++);
      inflater.setInput(in.bytes(), part.at(), part.length());
    }
    return true;
  }

  private void checkEnd(Inflater inflater) throws DataFormatException {
    byte[] one = new byte[1];
    if (inflate(inflater, one)) {
      throw in.broken(data.get(0).at(), "there is more image data than width × height");
    }
    if (!inflater.finished() && !in.options().acceptTruncated()) {
      throw in.truncated("the end of the image data");
    }
  }

  /** Undoes the row's filter in place; byte 0 is the filter, {@code step} a pixel's bytes. */
  private void unfilter(byte[] row, byte[] above, int step) {
    switch (row[0]) {
      case 0 -> {}
      case 1 -> {
        for (int i = 1 + step; i < row.length; i++) {
          row[i] += row[i - step];
        }
      }
      case 2 -> {
        for (int i = 1; i < row.length; i++) {
          row[i] += above[i];
        }
      }
      case 3 -> {
        for (int i = 1; i < row.length; i++) {
          int left = i > step ? row[i - step] & 0xFF : 0;
          row[i] += (byte) (left + (above[i] & 0xFF) >> 1);
        }
      }
      case 4 -> {
        for (int i = 1; i < row.length; i++) {
          int left = i > step ? row[i - step] & 0xFF : 0;
          int corner = i > step ? above[i - step] & 0xFF : 0;
          row[i] += (byte) paeth(left, above[i] & 0xFF, corner);
        }
      }
      default -> throw in.broken(-1, "a row has the unknown filter " + (row[0] & 0xFF));
    }
  }

  private static int paeth(int left, int up, int corner) {
    int toLeft = Math.abs(up - corner);
    int toUp = Math.abs(left - corner);
    int toCorner = Math.abs(left + up - 2 * corner);
    if (toLeft <= toUp && toLeft <= toCorner) {
      return left;
    }
    return toUp <= toCorner ? up : corner;
  }
}
