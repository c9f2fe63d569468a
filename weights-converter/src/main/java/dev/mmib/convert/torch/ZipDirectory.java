package dev.mmib.convert.torch;

import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The records of a zip archive, read as strictly as the format allows.
 *
 * <p>The directory and each entry's own header must agree, and the entries must follow one another
 * from the first byte of the file to the directory, without overlap, gap or hidden entry. So no two
 * readers can see two different archives in the same file.
 */
final class ZipDirectory {

  private static final int MOST_ENTRIES = 200_000;
  private static final int LONGEST = 64 << 20;
  private static final String DAMAGED = "It is damaged, or hostile; save it again.";

  private ZipDirectory() {}

  /** Every record by its path, in the order of the file; folders are left out. */
  static Map<String, ZipRecord> read(InputBytes file) {
    var end = ZipEnd.read(file);
    requireBounded(file, end);
    var directory = file.upTo((int) end.length(), end.start());
    var entries = new ArrayList<ZipEntry>();
    for (long i = 0; i < end.entries(); i++) {
      entries.add(ZipEntry.read(directory, end.start(), file));
    }
    if (directory.hasRemaining()) {
      throw file.refused(
          "byte " + (end.start() + directory.position()),
          "the directory has " + directory.remaining() + " bytes after its last entry",
          DAMAGED);
    }
    entries.sort(Comparator.comparingLong(ZipEntry::offset));
    if (entries.isEmpty() || entries.get(0).offset() != 0) {
      throw file.refused("byte 0", "the archive does not begin with its first entry", DAMAGED);
    }
    var records = new LinkedHashMap<String, ZipRecord>();
    var names = new HashSet<String>();
    for (int i = 0; i < entries.size(); i++) {
      var entry = entries.get(i);
      long next = i + 1 < entries.size() ? entries.get(i + 1).offset() : end.start();
      var record = ZipLocal.read(file, entry, next);
      if (!names.add(entry.name())) {
        throw entry.refused(file, "is there twice");
      }
      if (!entry.isFolder()) {
        records.put(entry.name(), record);
      }
    }
    return records;
  }

  /** Compares the numbers of the end with the bytes there are, before anything is made for them. */
  private static void requireBounded(InputBytes file, ZipEnd end) {
    if (end.entries() < 0
        || end.entries() > end.length() / ZipEntry.FIXED_BYTES
        || end.length() > LONGEST
        || end.entries() > MOST_ENTRIES) {
      throw tooMany(file, end);
    }
  }

  private static MmibException tooMany(InputBytes file, ZipEnd end) {
    return file.refused(
        "has a directory of "
            + Long.toUnsignedString(end.entries())
            + " entries in "
            + end.length()
            + " bytes vs at most "
            + MOST_ENTRIES
            + " entries, 46 bytes or more each, 64 MiB together",
        DAMAGED);
  }
}
