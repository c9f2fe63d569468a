package dev.mmib.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes safetensors files by hand, right and wrong ones. */
final class SafeTensorsFiles {

  /** A tensor of two floats. */
  static final String PAIR = "{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";

  private SafeTensorsFiles() {}

  static byte[] bytes(String header, int dataBytes) {
    return bytes(header.getBytes(StandardCharsets.UTF_8), new byte[dataBytes]);
  }

  static byte[] bytes(byte[] header, byte[] data) {
    return withLength(header.length, header, data);
  }

  static byte[] withLength(long length, byte[] header, byte[] data) {
    return ByteBuffer.allocate(8 + header.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(header)
        .put(data)
        .array();
  }

  /** A file of one tensor named x. */
  static byte[] one(String dtype, String shape, String offsets, int dataBytes) {
    return bytes(
        "{\"x\":{\"dtype\":"
            + dtype
            + ",\"shape\":"
            + shape
            + ",\"data_offsets\":"
            + offsets
            + "}}",
        dataBytes);
  }

  /** A file of one tensor named x that has these bytes. */
  static byte[] one(String dtype, String shape, byte[] data) {
    var file = one("\"" + dtype + "\"", shape, "[0," + data.length + "]", data.length);
    System.arraycopy(data, 0, file, file.length - data.length, data.length);
    return file;
  }

  /** The entry of a row of bytes. */
  static String u8(int begin, int end) {
    return "{\"dtype\":\"U8\",\"shape\":["
        + (end - begin)
        + "],\"data_offsets\":["
        + begin
        + ","
        + end
        + "]}";
  }

  /** 1, 2, 3, … */
  static byte[] counting(int bytes) {
    var data = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      data[i] = (byte) (i + 1);
    }
    return data;
  }

  static byte[] floats(float... values) {
    var data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    data.asFloatBuffer().put(values);
    return data.array();
  }

  static Path write(Path dir, byte[] content) throws IOException {
    return Files.write(dir.resolve("t.safetensors"), content);
  }
}
