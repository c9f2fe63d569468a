package dev.mmib.convert.torch;

import dev.mmib.error.MmibException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What the directory of a zip archive says of one entry. */
record ZipEntry(
    byte[] rawName,
    String name,
    int flags,
    int method,
    long crc,
    long stored,
    long size,
    long offset) {

  static final int SIGNATURE = 0x02014b50;
  static final int FIXED_BYTES = 46;
  static final int DESCRIPTOR_FLAG = 1 << 3;
  static final int STORED = 0;
  static final int DEFLATED = 8;

  /** Bits that say how hard a compressor tried, that a descriptor follows, that names are UTF-8. */
  private static final int KNOWN_FLAGS = 1 << 1 | 1 << 2 | DESCRIPTOR_FLAG | 1 << 11;

  private static final int ENCRYPTED_FLAGS = 1 | 1 << 6 | 1 << 13;
  private static final long SATURATED = 0xffffffffL;
  private static final int LONGEST_NAME = 1024;
  private static final int ZIP64 = 1;
  private static final String DAMAGED = "It is damaged, or hostile; save it again.";

  /** Compressed bytes may stand for so many times as many, and a constant for small entries. */
  private static final long MOST_RATIO = 100;

  private static final long RATIO_FREE = 1 << 16;

  /** Takes an entry from the directory, which {@code from} is in the file. */
  static ZipEntry read(ByteBuffer directory, long from, InputBytes file) {
    long place = from + directory.position();
    if (directory.remaining() < FIXED_BYTES
        || directory.getInt(directory.position()) != SIGNATURE) {
      throw file.refused("byte " + place, "no entry where the directory has one", DAMAGED);
    }
    var fixed = directory.slice(directory.position(), FIXED_BYTES).order(directory.order());
    int nameLength = fixed.getShort(28) & 0xffff;
    int extraLength = fixed.getShort(30) & 0xffff;
    int commentLength = fixed.getShort(32) & 0xffff;
    directory.position(directory.position() + FIXED_BYTES);
    if (directory.remaining() < nameLength + extraLength + commentLength) {
      throw file.refused("byte " + place, "an entry reaches past the directory", DAMAGED);
    }
    var rawName = new byte[nameLength];
    directory.get(rawName);
    var name = name(rawName, place, file);
    var extra = directory.slice(directory.position(), extraLength).order(directory.order());
    directory.position(directory.position() + extraLength + commentLength);
    var reader = new Fields(file, name);
    int disk = fixed.getShort(34) & 0xffff;
    var entry = reader.wide(fixed, rawName, disk, reader.zip64(extra));
    return reader.checked(entry);
  }

  boolean hasDescriptor() {
    return (flags & DESCRIPTOR_FLAG) != 0;
  }

  boolean isFolder() {
    return name.endsWith("/");
  }

  /** Paths of plain names alone: nothing that a file system could take for another place. */
  private static String name(byte[] raw, long place, InputBytes file) {
    var at = "byte " + place;
    if (raw.length == 0 || raw.length > LONGEST_NAME) {
      throw file.refused(at, "an entry's name has " + raw.length + " bytes", DAMAGED);
    }
    String name;
    try {
      name = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw)).toString();
    } catch (CharacterCodingException e) {
      throw file.refused(at, "an entry's name is not UTF-8", DAMAGED).causedBy(e);
    }
    var parts = name.split("/", -1);
    for (int i = 0; i < parts.length; i++) {
      boolean folder = i == parts.length - 1 && i > 0 && parts[i].isEmpty();
      if (!folder && !isPlain(parts[i])) {
        throw file.refused(
            at, "an entry is named " + MmibException.quote(name) + ", no path within", DAMAGED);
      }
    }
    return name;
  }

  private static boolean isPlain(String part) {
    return !part.isEmpty()
        && !part.equals(".")
        && !part.equals("..")
        && part.chars().noneMatch(c -> c == '\\' || c == ':' || Character.isISOControl(c));
  }

  MmibException refused(InputBytes file, String what) {
    return refused(file, name, what, DAMAGED);
  }

  private static MmibException refused(InputBytes file, String name, String what, String hint) {
    return file.refused("entry " + MmibException.quote(name), what, hint);
  }

  /** The wide numbers of an extra field, none if there is no such field. */
  static long @Nullable [] zip64(ByteBuffer extra) {
    long[] found = null;
    int at = 0;
    while (at + 4 <= extra.limit()) {
      int id = extra.getShort(at) & 0xffff;
      int length = extra.getShort(at + 2) & 0xffff;
      at += 4;
      if (length > extra.limit() - at) {
        return null;
      }
      if (id == ZIP64) {
        if (found != null) {
          return null;
        }
        found = new long[length / 8];
        for (int i = 0; i < found.length; i++) {
          found[i] = extra.getLong(at + 8 * i);
        }
      }
      at += length;
    }
    return at != extra.limit() ? null : found == null ? new long[0] : found;
  }

  private record Fields(InputBytes file, String name) {

    long[] zip64(ByteBuffer extra) {
      var wide = ZipEntry.zip64(extra);
      if (wide == null) {
        throw refused(file, name, "its extra fields are damaged", DAMAGED);
      }
      return wide;
    }

    ZipEntry wide(ByteBuffer fixed, byte[] rawName, int disk, long[] wide) {
      var narrow =
          new long[] {
            fixed.getInt(24) & SATURATED, fixed.getInt(20) & SATURATED, fixed.getInt(42) & SATURATED
          };
      int next = 0;
      for (int i = 0; i < narrow.length; i++) {
        if (narrow[i] == SATURATED) {
          if (next == wide.length) {
            throw refused(file, name, "a number of 64 bits is missing", DAMAGED);
          }
          narrow[i] = wide[next++];
        }
        if (narrow[i] < 0 || narrow[i] > file.size() && i > 0) {
          throw refused(
              file,
              name,
              "has a number of "
                  + Long.toUnsignedString(narrow[i])
                  + " in "
                  + file.size()
                  + " bytes",
              DAMAGED);
        }
      }
      if (next != wide.length || disk != 0) {
        throw refused(file, name, "has numbers of 64 bits or disks that it needs not", DAMAGED);
      }
      return new ZipEntry(
          rawName,
          name,
          fixed.getShort(8) & 0xffff,
          fixed.getShort(10) & 0xffff,
          fixed.getInt(16) & SATURATED,
          narrow[1],
          narrow[0],
          narrow[2]);
    }

    ZipEntry checked(ZipEntry entry) {
      if ((entry.flags & ENCRYPTED_FLAGS) != 0) {
        throw refused(file, name, "is encrypted", "Save it without a password.");
      }
      if ((entry.flags & ~KNOWN_FLAGS) != 0) {
        throw refused(file, name, String.format("has flags 0x%04x", entry.flags), DAMAGED);
      }
      if (entry.method != STORED && entry.method != DEFLATED) {
        throw refused(
            file, name, "is compressed by method " + entry.method, "Save it uncompressed.");
      }
      if (entry.method == STORED && entry.size != entry.stored) {
        throw refused(
            file, name, "has " + entry.size + " bytes, stored as " + entry.stored, DAMAGED);
      }
      if (entry.size / MOST_RATIO > entry.stored + RATIO_FREE / MOST_RATIO) {
        throw refused(
            file,
            name,
            "has " + entry.size + " bytes out of " + entry.stored + " compressed ones",
            "At most 100 times as many are read; save it uncompressed.");
      }
      if (entry.isFolder() && entry.size != 0) {
        throw refused(file, name, "is a folder with content", DAMAGED);
      }
      return entry;
    }
  }

  /** Compares by content, as records with arrays do not. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ZipEntry entry
        && Arrays.equals(rawName, entry.rawName)
        && offset == entry.offset;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(rawName);
  }
}
