package dev.mmib.convert.torch;

import dev.mmib.error.MmibException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The header before an entry's bytes and the descriptor after them, compared with the directory.
 *
 * <p>Readers differ in which of the two they believe; where they agree nobody is fooled. PyTorch
 * writes zeros for checksum and sizes before the bytes, and the numbers in a descriptor after them.
 */
final class ZipLocal {

  private static final int SIGNATURE = 0x04034b50;
  private static final int DESCRIPTOR = 0x08074b50;
  private static final int FIXED_BYTES = 30;
  private static final int USUAL_BYTES = 256;
  private static final long SATURATED = 0xffffffffL;

  private final InputBytes file;
  private final ZipEntry entry;

  private ZipLocal(InputBytes file, ZipEntry entry) {
    this.file = file;
    this.entry = entry;
  }

  /** The entry's record, if everything between its offset and {@code end} is its own. */
  static ZipRecord read(InputBytes file, ZipEntry entry, long end) {
    return new ZipLocal(file, entry).record(end);
  }

  private ZipRecord record(long end) {
    long room = end - entry.offset();
    if (room < FIXED_BYTES) {
      throw entry.refused(file, "overlaps what follows it");
    }
    var header = file.upTo((int) Math.min(USUAL_BYTES, room), entry.offset());
    requireAgreement(header);
    int nameLength = header.getShort(26) & 0xffff;
    int extraLength = header.getShort(28) & 0xffff;
    int length = FIXED_BYTES + nameLength + extraLength;
    if (entry.stored() > room - length) {
      throw entry.refused(file, "overlaps what follows it");
    }
    if (length > header.limit()) {
      header = file.upTo(length, entry.offset());
    }
    var name = new byte[nameLength];
    header.get(FIXED_BYTES, name);
    if (!Arrays.equals(name, entry.rawName())) {
      throw differs("name");
    }
    var extra = header.slice(FIXED_BYTES + nameLength, extraLength).order(ByteOrder.LITTLE_ENDIAN);
    requireSizes(header, extra);
    long dataEnd = entry.offset() + length + entry.stored();
    requireDescriptor(dataEnd, end);
    return new ZipRecord(
        entry.name(),
        entry.method() == ZipEntry.DEFLATED,
        entry.crc(),
        entry.stored(),
        entry.size(),
        entry.offset() + length);
  }

  private void requireAgreement(ByteBuffer header) {
    if (header.getInt(0) != SIGNATURE) {
      throw entry.refused(file, "has no header at byte " + entry.offset());
    }
    if ((header.getShort(6) & 0xffff) != entry.flags()) {
      throw differs("flags");
    }
    if ((header.getShort(8) & 0xffff) != entry.method()) {
      throw differs("method");
    }
  }

  private void requireSizes(ByteBuffer header, ByteBuffer extra) {
    var wide = ZipEntry.zip64(extra);
    if (wide == null) {
      throw differs("extra fields");
    }
    long stored = header.getInt(18) & SATURATED;
    long size = header.getInt(22) & SATURATED;
    int next = 0;
    if (size == SATURATED && next < wide.length) {
      size = wide[next++];
    }
    if (stored == SATURATED && next < wide.length) {
      stored = wide[next++];
    }
    // PyTorch's 32-bit fields are zero even where the extra field has the sizes.
    if (wide.length - next >= 2) {
      requireSame("sizes of 64 bits", wide[next++], entry.size());
      requireSame("sizes of 64 bits", wide[next++], entry.stored());
    }
    if (next < wide.length && wide[next++] != entry.offset()) {
      throw differs("offset of 64 bits");
    }
    if (next < wide.length) {
      throw differs("extra fields");
    }
    requireSame("CRC", header.getInt(14) & SATURATED, entry.crc());
    requireSame("size", size, entry.size());
    requireSame("compressed size", stored, entry.stored());
  }

  private void requireSame(String what, long local, long directory) {
    boolean isLater = entry.hasDescriptor() && local == 0;
    if (local != directory && !isLater) {
      throw differs(what);
    }
  }

  /** Whatever lies between the bytes and {@code end} is a descriptor, of four possible forms. */
  private void requireDescriptor(long at, long end) {
    long gap = end - at;
    if (!entry.hasDescriptor() || gap == 0 && entry.size() == 0) {
      if (gap != 0) {
        throw entry.refused(file, "is followed by " + gap + " bytes that belong to nothing");
      }
      return;
    }
    boolean signed = gap == 16 || gap == 24;
    if (!signed && gap != 12 && gap != 20) {
      throw entry.refused(file, "is followed by " + gap + " bytes that are no descriptor");
    }
    var bytes = file.upTo((int) gap, at);
    if (signed && bytes.getInt() != DESCRIPTOR) {
      throw differs("descriptor");
    }
    long crc = bytes.getInt() & SATURATED;
    boolean isWide = bytes.remaining() == 16;
    long stored = isWide ? bytes.getLong() : bytes.getInt() & SATURATED;
    long size = isWide ? bytes.getLong() : bytes.getInt() & SATURATED;
    if (crc != entry.crc() || stored != entry.stored() || size != entry.size()) {
      throw differs("descriptor");
    }
  }

  private MmibException differs(String what) {
    return entry.refused(
        file, "the archive's directory and the entry's own header differ: " + what);
  }
}
