package dev.mmib.cuda.natives;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a native library ask for another version of a library that it needs.
 *
 * <p>JCuda's natives are built for {@code libcublas.so.12}. With CUDA 13 there is only {@code
 * libcublas.so.13}, and a symbolic link is not enough: the version node {@code libcublas.so.12}
 * would not be found in it. What has to change is one string, which the NEEDED entry and the
 * version requirement share, and one number, the hash of the required version node (System V ABI,
 * symbol versioning: {@code Elf64_Verneed}, {@code Elf64_Vernaux}).
 */
final class SonameRetarget {

  private static final int SHT_GNU_VERNEED = 0x6ffffffe;

  private static final int SECTION_HEADER_BYTES = 64;

  private final byte[] elf;
  private final ByteBuffer image;
  private final String from;
  private final List<Integer> hashes = new ArrayList<>();
  private final List<Integer> strings = new ArrayList<>();

  private SonameRetarget(byte[] elf, String from) {
    this.elf = elf;
    this.image = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
    this.from = from;
  }

  /** How many places were changed. */
  record Changes(int hashes, int strings) {}

  /**
   * Rewrites an image in place; nothing is written unless all of it could be read.
   *
   * @param from the soname that it needs now
   * @param to the one that it shall need, equally long
   * @throws IllegalArgumentException when the image is no ELF64 for x86-64, is cut or damaged
   */
  static Changes retarget(byte[] elf, String from, String to) {
    if (from.length() != to.length()) {
      throw new IllegalArgumentException(
          "retarget: names of different length, " + from + " vs " + to);
    }
    if (!Elf.isX8664(elf)) {
      throw new IllegalArgumentException("retarget: not an ELF image for x86-64");
    }
    var places = new SonameRetarget(elf, from);
    try {
      places.find();
    } catch (IndexOutOfBoundsException e) {
      throw new IllegalArgumentException("retarget: the ELF image is cut or damaged", e);
    }
    byte[] name = to.getBytes(StandardCharsets.US_ASCII);
    places.hashes.forEach(at -> places.image.putInt(at, Elf.hash(to)));
    places.strings.forEach(at -> System.arraycopy(name, 0, elf, at, name.length));
    return new Changes(places.hashes.size(), places.strings.size());
  }

  private void find() {
    int sections = offset(image.getLong(0x28));
    int sectionSize = image.getShort(0x3a) & 0xffff;
    int sectionCount = image.getShort(0x3c) & 0xffff;
    if (sectionSize < SECTION_HEADER_BYTES) {
      throw new IndexOutOfBoundsException(sectionSize);
    }
    offset(sections + (long) sectionSize * sectionCount); // all of the table is there
    for (int i = 0; i < sectionCount; i++) {
      int section = sections + i * sectionSize;
      if (image.getInt(section + 4) == SHT_GNU_VERNEED) {
        int linked = image.getInt(section + 0x28);
        if (linked < 0 || linked >= sectionCount) {
          throw new IndexOutOfBoundsException(linked);
        }
        int stringSection = sections + linked * sectionSize;
        int stringTable = offset(image.getLong(stringSection + 0x18));
        int stringBytes = offset(image.getLong(stringSection + 0x20));
        findHashes(section, stringTable);
        findStrings(stringTable, stringBytes);
      }
    }
  }

  private void findHashes(int section, int stringTable) {
    int need = offset(image.getLong(section + 0x18)); // Elf64_Verneed
    int needs = image.getInt(section + 0x2c);
    for (int i = 0; i < needs; i++) {
      int versions = image.getShort(need + 2) & 0xffff;
      int version = need + forward(image.getInt(need + 8)); // Elf64_Vernaux
      for (int j = 0; j < versions; j++) {
        int name = stringTable + forward(image.getInt(version + 8));
        if (image.getInt(version) == Elf.hash(from) && stringIs(name)) {
          hashes.add(version);
        }
        if (j + 1 < versions) {
          version += forward(image.getInt(version + 12));
        }
      }
      if (i + 1 < needs) {
        need += forward(image.getInt(need + 12));
      }
    }
  }

  private void findStrings(int stringTable, int stringBytes) {
    int last = Math.addExact(stringTable, stringBytes) - from.length() - 1;
    for (int at = stringTable + 1; at <= last; at++) {
      if (!stringIs(at)) {
        continue;
      }
      if (elf[at - 1] != 0) {
        throw new IllegalArgumentException(
            "retarget: " + from + " is only the tail of another string");
      }
      strings.add(at);
    }
  }

  private boolean stringIs(int at) {
    for (int i = 0; i < from.length(); i++) {
      if (image.get(at + i) != from.charAt(i)) {
        return false;
      }
    }
    return image.get(at + from.length()) == 0;
  }

  /** A place in the image. */
  private int offset(long value) {
    if (value < 0 || value > elf.length) {
      throw new IndexOutOfBoundsException("offset " + value);
    }
    return (int) value;
  }

  /** A step ahead: one of 0, or back, would let damaged chains run in circles. */
  private int forward(int step) {
    if (step <= 0 || step > elf.length) {
      throw new IndexOutOfBoundsException("step " + step);
    }
    return step;
  }
}
