package dev.mmib.jmh.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A message of protocol buffers that is written, field by field.
 *
 * <p>Source: "Encoding", protobuf.dev. Parts are kept as they come, so that weights are not copied
 * at every level of nesting.
 */
final class ProtoMessage {

  private static final int VARINT = 0;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  private final List<byte[]> parts = new ArrayList<>();
  private long size;

  ProtoMessage integer(int field, long value) {
    var bytes = new ByteArrayOutputStream();
    varint(bytes, (long) field << 3 | VARINT);
    varint(bytes, value);
    return append(bytes.toByteArray());
  }

  ProtoMessage real(int field, float value) {
    var bytes = new ByteArrayOutputStream();
    varint(bytes, (long) field << 3 | FIXED32);
    bytes.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
    return append(bytes.toByteArray());
  }

  ProtoMessage text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  ProtoMessage bytes(int field, byte[] value) {
    head(field, value.length);
    return append(value);
  }

  ProtoMessage message(int field, ProtoMessage value) {
    head(field, value.size);
    value.parts.forEach(this::append);
    return this;
  }

  private void head(int field, long length) {
    var bytes = new ByteArrayOutputStream();
    varint(bytes, (long) field << 3 | LENGTH_DELIMITED);
    varint(bytes, length);
    append(bytes.toByteArray());
  }

  private ProtoMessage append(byte[] part) {
    parts.add(part);
    size += part.length;
    return this;
  }

  private static void varint(ByteArrayOutputStream to, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      to.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    to.write((int) rest);
  }

  byte[] toBytes() {
    var bytes = ByteBuffer.allocate(Math.toIntExact(size));
    parts.forEach(bytes::put);
    return bytes.array();
  }
}
