package dev.mmib.convert;

import dev.mmib.io.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Looks for infinities and NaN in a tensor's bytes.
 *
 * <p>All of them are read, whatever is found: a reader may compare a checksum at their end.
 */
final class Finite {

  private static final int CHUNK_ELEMENTS = 1 << 15;

  private Finite() {}

  /** Whether all numbers are finite; null of a type whose numbers are not understood. */
  static @Nullable Boolean of(TensorSource tensor) {
    return switch (tensor.type()) {
      case BOOL, U8, I8, I16, U16, I32, U32, I64, U64 ->
          check(tensor, tensor.type().bits() / 8, (bytes, i) -> true);
      case F16 -> check(tensor, 2, (bytes, i) -> isFinite(bytes.getShort(i), 0x7C00));
      case BF16 -> check(tensor, 2, (bytes, i) -> isFinite(bytes.getShort(i), 0x7F80));
      case F32 -> check(tensor, 4, (bytes, i) -> Float.isFinite(bytes.getFloat(i)));
      case F64 -> check(tensor, 8, (bytes, i) -> Double.isFinite(bytes.getDouble(i)));
      case C64 ->
          check(
              tensor,
              8,
              (bytes, i) ->
                  Float.isFinite(bytes.getFloat(i)) && Float.isFinite(bytes.getFloat(i + 4)));
      default -> null;
    };
  }

  private interface Element {
    boolean isFinite(ByteBuffer bytes, int at);
  }

  private static boolean isFinite(short bits, int exponent) {
    return (bits & exponent) != exponent;
  }

  private static boolean check(TensorSource tensor, int width, Element element) {
    long elements = Sizes.bytes(tensor) / width;
    boolean finite = true;
    var bytes =
        ByteBuffer.allocate((int) Math.min(CHUNK_ELEMENTS, elements) * width)
            .order(ByteOrder.LITTLE_ENDIAN);
    for (long at = 0; at < elements; at += CHUNK_ELEMENTS) {
      int count = (int) Math.min(CHUNK_ELEMENTS, elements - at);
      bytes.clear().limit(count * width);
      tensor.content().put(at, bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN));
      for (int i = 0; i < count; i++) {
        finite &= element.isFinite(bytes, i * width);
      }
    }
    return finite;
  }
}
