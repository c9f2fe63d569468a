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

  static Path write(Path dir, byte[] content) throws IOException {
    return Files.write(dir.resolve("t.safetensors"), content);
  }
}
