package dev.mmib.cuda.natives;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What of the ELF format is needed here; numbers as in {@code elf(5)}. */
final class Elf {

  static final int HEADER_BYTES = 64;
  private static final int MAGIC = 0x464c457f; // 0x7f E L F
  private static final byte CLASS_64 = 2;
  private static final byte LITTLE_ENDIAN = 1;
  private static final short MACHINE_X86_64 = 62;

  private Elf() {}

  /** Whether the file is there and holds code for this kind of processor. */
  static boolean isX8664(Path file) {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(file)) {
      return isX8664(in.readNBytes(HEADER_BYTES));
    } catch (IOException e) {
      return false; // unreadable for this user: as good as absent
    }
  }

  /** Whether these bytes begin with the header of a 64-bit image for x86-64. */
  static boolean isX8664(byte[] image) {
    if (image.length < HEADER_BYTES) {
      return false;
    }
    var header = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    return header.getInt(0) == MAGIC
        && header.get(4) == CLASS_64
        && header.get(5) == LITTLE_ENDIAN
        && header.getShort(18) == MACHINE_X86_64;
  }

  /** The hash of the System V ABI, as version nodes use it. */
  static int hash(String name) {
    int hash = 0;
    for (byte c : name.getBytes(StandardCharsets.US_ASCII)) {
      hash = (hash << 4) + (c & 0xff);
      int top = hash & 0xf0000000;
      if (top != 0) {
        hash ^= top >>> 24;
      }
      hash &= ~top;
    }
    return hash;
  }
}
