package dev.mmib.io;

import org.jspecify.annotations.Nullable;

/**
 * The element types that the safetensors format names.
 *
 * <p>The order is that of the reference writer, which puts later types first in a file.
 */
public enum TensorType {
  BOOL(8),
  F4(4),
  F6_E2M3(6),
  F6_E3M2(6),
  U8(8),
  I8(8),
  F8_E5M2(8),
  F8_E4M3(8),
  F8_E8M0(8),
  I16(16),
  U16(16),
  F16(16),
  BF16(16),
  I32(32),
  U32(32),
  F32(32),
  C64(64),
  F64(64),
  I64(64),
  U64(64);

  private final int bits;

  TensorType(int bits) {
    this.bits = bits;
  }

  public int bits() {
    return bits;
  }

  /** Whether elements can be read here; the others are listed but refused when used. */
  public boolean isReadable() {
    return switch (this) {
      case F16, BF16, F32, F64 -> true;
      default -> isWhole();
    };
  }

  boolean isWhole() {
    return switch (this) {
      case BOOL, U8, I8, I16, U16, I32, U32, I64, U64 -> true;
      default -> false;
    };
  }

  static @Nullable TensorType named(String name) {
    for (var type : values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    return null;
  }
}
