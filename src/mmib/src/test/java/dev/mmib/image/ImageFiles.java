package dev.mmib.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Makes pictures, whole and broken, byte by byte. */
final class ImageFiles {

  private ImageFiles() {}

  static byte[] join(byte[]... parts) {
    var out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static byte[] bytes(int... values) {
    byte[] out = new byte[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (byte) values[i];
    }
    return out;
  }

  static byte[] big(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  static byte[] little(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  static byte[] cut(byte[] file, int length) {
    return Arrays.copyOf(file, length);
  }

  /** A copy with one byte changed. */
  static byte[] with(byte[] file, int at, int value) {
    byte[] out = file.clone();
    out[at] = (byte) value;
    return out;
  }

  /** Removes bytes and puts others in their place. */
  static byte[] splice(byte[] file, int from, int to, byte[] instead) {
    return join(Arrays.copyOf(file, from), instead, Arrays.copyOfRange(file, to, file.length));
  }

  static int indexOf(byte[] file, byte[] what) {
    for (int i = 0; i + what.length <= file.length; i++) {
      if (Arrays.equals(file, i, i + what.length, what, 0, what.length)) {
        return i;
      }
    }
    throw new AssertionError("not found");
  }

  static byte[] deflate(byte[] data) {
    var deflater = new Deflater(9);
    deflater.setInput(data);
    deflater.finish();
    var out = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 16];
    while (!deflater.finished()) {
      out.write(buffer, 0, deflater.deflate(buffer));
    }
    deflater.end();
    return out.toByteArray();
  }

  static byte[] chunk(String type, byte[] data) {
    byte[] named = join(latin1(type), data);
    var crc = new CRC32();
    crc.update(named);
    return join(big(data.length), named, big((int) crc.getValue()));
  }

  static byte[] pngSignature() {
    return bytes(0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n');
  }

  static byte[] header(int width, int height, int depth, int colorType, int interlace) {
    return chunk("IHDR", join(big(width), big(height), bytes(depth, colorType, 0, 0, interlace)));
  }

  /** A whole 8-bit grey PNG from these rows (each with its filter byte), and chunks before them. */
  static byte[] greyPng(int width, int height, byte[] rows, byte[]... before) {
    return join(
        pngSignature(),
        header(width, height, 8, 0, 0),
        join(before),
        chunk("IDAT", deflate(rows)),
        chunk("IEND", new byte[0]));
  }

  /** The smallest useful PNG: 3 × 2, grey. */
  static byte[] smallPng(byte[]... before) {
    return greyPng(3, 2, bytes(0, 10, 20, 30, 0, 40, 50, 60), before);
  }

  /** A PNG of black 24-bit pixels, only as large as its compressed zeros. */
  static byte[] flatPng(int width, int height) {
    return join(
        pngSignature(),
        header(width, height, 8, 2, 0),
        chunk("IDAT", deflate(new byte[1 << 16])),
        chunk("IEND", new byte[0]));
  }

  /** A JPEG marker segment. */
  static byte[] segment(int marker, byte[] content) {
    int length = content.length + 2;
    return join(bytes(0xFF, marker, length >> 8, length), content);
  }

  /** A JPEG with a segment put right behind its start. */
  static byte[] withSegment(byte[] jpeg, int marker, byte[] content) {
    return splice(jpeg, 2, 2, segment(marker, content));
  }

  /** Where the segment with this marker starts. */
  static int segmentAt(byte[] jpeg, int marker) {
    int at = 2;
    while ((jpeg[at + 1] & 0xFF) != marker) {
      at += 2 + ((jpeg[at + 2] & 0xFF) << 8 | jpeg[at + 3] & 0xFF);
    }
    return at;
  }

  /** The JPEG without its segments of this kind before the first scan. */
  static byte[] without(byte[] jpeg, int marker) {
    byte[] out = jpeg;
    int at = 2;
    while ((out[at + 1] & 0xFF) != 0xDA) {
      int next = at + 2 + ((out[at + 2] & 0xFF) << 8 | out[at + 3] & 0xFF);
      if ((out[at + 1] & 0xFF) == marker) {
        out = splice(out, at, next, new byte[0]);
      } else {
        at = next;
      }
    }
    return out;
  }
}
