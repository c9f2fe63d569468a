package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Turns the bytes of a file into numbers of Java. */
final class TensorDecoder {

  private TensorDecoder() {}

  /** {@code to[0 .. count)} from little-endian {@code bytes}; {@code at} is the first's number. */
  static void floats(
      TensorEntry entry, long at, ByteBuffer bytes, float[] to, int count, Path file) {
    switch (entry.type()) {
      case F32 -> bytes.asFloatBuffer().get(to, 0, count);
      case F16 -> {
        for (int i = 0; i < count; i++) {
          to[i] = half(bytes.getShort(2 * i));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          to[i] = Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
        }
      }
      case F64 -> {
        for (int i = 0; i < count; i++) {
          double value = bytes.getDouble(8 * i);
          to[i] = (float) value;
          if (Float.isInfinite(to[i]) && !Double.isInfinite(value)) {
            throw refuse(entry, file, "element " + (at + i) + " is " + value + " vs 32 bits");
          }
        }
      }
      case U64 -> {
        for (int i = 0; i < count; i++) {
          long value = bytes.getLong(8 * i); // halved with its last bit kept, it rounds the same
          to[i] = value < 0 ? ((value >>> 1) | (value & 1)) * 2f : value;
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          to[i] = whole(entry, at + i, bytes, i, file);
        }
      }
    }
  }

  static void longs(
      TensorEntry entry, long at, ByteBuffer bytes, long[] to, int offset, int count, Path file) {
    for (int i = 0; i < count; i++) {
      to[offset + i] = whole(entry, at + i, bytes, i, file);
    }
  }

  /** A whole number that fits 32 bits; another is refused. */
  static int exactInt(TensorEntry entry, long at, long value, Path file) {
    if ((int) value != value) {
      throw refuse(entry, file, "element " + at + " is " + value + " vs 32 bits");
    }
    return (int) value;
  }

  private static long whole(TensorEntry entry, long at, ByteBuffer bytes, int i, Path file) {
    return switch (entry.type()) {
      case I64 -> bytes.getLong(8 * i);
      case I32 -> bytes.getInt(4 * i);
      case I16 -> bytes.getShort(2 * i);
      case I8 -> bytes.get(i);
      case U16 -> bytes.getShort(2 * i) & 0xFFFF;
      case U32 -> bytes.getInt(4 * i) & 0xFFFF_FFFFL;
      case U64 -> {
        long value = bytes.getLong(8 * i);
        if (value < 0) {
          var what = Long.toUnsignedString(value);
          throw refuse(entry, file, "element " + at + " is " + what + " vs 63 bits");
        }
        yield value;
      }
      case U8 -> bytes.get(i) & 0xFF;
      case BOOL -> {
        int value = bytes.get(i) & 0xFF;
        if (value > 1) {
          throw refuse(entry, file, "element " + at + " is " + value + " vs 0 or 1");
        }
        yield value;
      }
      default -> throw new IllegalStateException("whole: " + entry.type() + " is none");
    };
  }

  /** IEEE 754 binary16 to float; exact. */
  static float half(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = (bits >> 10) & 0x1F;
    int fraction = bits & 0x3FF;
    if (exponent == 0) { // zero or subnormal: fraction · 2⁻²⁴
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    int wide = exponent == 0x1F ? 0xFF : exponent - 15 + 127;
    return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
  }

  static MmibException refuse(TensorEntry entry, Path file, String what) {
    return MmibException.at(
        file.toString(),
        "tensor " + MmibException.quote(entry.name()),
        ErrorCode.SAFETENSORS_DTYPE,
        what,
        "Save the tensor in the type that is wanted.");
  }
}
