package dev.mmib.convert.torch;

import dev.mmib.error.MmibException;
import java.nio.ByteBuffer;

/**
 * The end of a zip archive: where its directory lies and how many entries it has.
 *
 * @param entries number of entries
 * @param start where the directory begins
 * @param length bytes of the directory, which end where the records of the end begin
 */
record ZipEnd(long entries, long start, long length) {

  private static final int SIGNATURE = 0x06054b50;
  private static final int LOCATOR = 0x07064b50;
  private static final int RECORD64 = 0x06064b50;
  private static final int BYTES = 22;
  private static final int LOCATOR_BYTES = 20;
  private static final int RECORD64_BYTES = 56;
  private static final int LONGEST_COMMENT = 0xffff;
  private static final String CUT = "It was cut off or is damaged; copy or save it again.";

  static ZipEnd read(InputBytes file) {
    if (file.size() < BYTES) {
      throw file.refused("has " + file.size() + " bytes and no end of a zip archive", CUT);
    }
    int most = LOCATOR_BYTES + BYTES + LONGEST_COMMENT;
    long from = Math.max(0, file.size() - most);
    var tail = file.upTo(most, from);
    int at = find(file, tail);
    long entries = unsigned2(tail, at + 10);
    long length = unsigned4(tail, at + 12);
    long start = unsigned4(tail, at + 16);
    requireOneDisk(
        file, unsigned2(tail, at + 4), unsigned2(tail, at + 6), unsigned2(tail, at + 8), entries);
    var end = new ZipEnd(entries, start, length);
    long limit = from + at;
    if (at >= LOCATOR_BYTES && tail.getInt(at - LOCATOR_BYTES) == LOCATOR) {
      var locator = tail.slice(at - LOCATOR_BYTES, LOCATOR_BYTES).order(tail.order());
      limit = locator.getLong(8);
      end = end.resolved(file, locator, from + at - LOCATOR_BYTES);
    }
    if (end.start < 0 || end.length < 0 || end.start > limit || end.length != limit - end.start) {
      throw file.refused(
          "byte " + (from + at),
          "the directory of "
              + end.length
              + " bytes from "
              + end.start
              + " does not end at "
              + limit,
          CUT);
    }
    return end;
  }

  /** The place of the one record of the end whose comment reaches the end of the file. */
  private static int find(InputBytes file, ByteBuffer tail) {
    int found = -1;
    for (int at = tail.limit() - BYTES; at >= 0; at--) {
      if (tail.getInt(at) == SIGNATURE && unsigned2(tail, at + 20) == tail.limit() - at - BYTES) {
        if (found >= 0) {
          throw file.refused("has two ends of a zip archive", "It is damaged, or hostile.");
        }
        found = at;
      }
    }
    if (found < 0) {
      throw file.refused("is a zip archive without its end", CUT);
    }
    for (int at = found + BYTES; at <= tail.limit() - 4; at++) {
      if (tail.get(at) == 'P' && tail.get(at + 1) == 'K' && (tail.get(at + 2) & 0xff) < 8) {
        throw file.refused("has a comment that holds another archive", "Do not use it.");
      }
    }
    return found;
  }

  /** What the zip64 record says, which must be what the 32-bit one says where that can say it. */
  private ZipEnd resolved(InputBytes file, ByteBuffer locator, long locatorAt) {
    long at = locator.getLong(8);
    if (locator.getInt(4) != 0 || unsigned4(locator, 16) > 1) {
      throw spanned(file);
    }
    if (at < 0 || at > locatorAt - RECORD64_BYTES) {
      throw contradictory(file, locatorAt, "points to byte " + Long.toUnsignedString(at));
    }
    var record = file.upTo(RECORD64_BYTES, at);
    if (record.getInt(0) != RECORD64 || record.getLong(4) != locatorAt - at - 12) {
      throw contradictory(file, at, "there is no record of the right length");
    }
    requireOneDisk(
        file, record.getInt(16), record.getInt(20), record.getLong(24), record.getLong(32));
    var exact = new ZipEnd(record.getLong(32), record.getLong(48), record.getLong(40));
    if (!agrees(entries, exact.entries, LONGEST_COMMENT)
        || !agrees(start, exact.start, 0xffffffffL)
        || !agrees(length, exact.length, 0xffffffffL)) {
      throw contradictory(file, at, "it does not say what the record of 32 bits says");
    }
    return exact;
  }

  /** The narrow field holds the number, or all ones to say that the wide one does. */
  private static boolean agrees(long narrow, long wide, long saturated) {
    return narrow == saturated || narrow == wide;
  }

  private static void requireOneDisk(
      InputBytes file, long disk, long directoryDisk, long entriesHere, long entries) {
    boolean first = disk == 0 || disk == 0xffff;
    if (!first || !(directoryDisk == 0 || directoryDisk == 0xffff) || entriesHere != entries) {
      throw spanned(file);
    }
  }

  private static MmibException spanned(InputBytes file) {
    return file.refused("is a part of an archive of several disks", "Join the parts.");
  }

  private static MmibException contradictory(InputBytes file, long at, String what) {
    return file.refused("byte " + at, "the zip64 end contradicts the archive: " + what, CUT);
  }

  private static int unsigned2(ByteBuffer bytes, int at) {
    return bytes.getShort(at) & 0xffff;
  }

  private static long unsigned4(ByteBuffer bytes, int at) {
    return bytes.getInt(at) & 0xffffffffL;
  }
}
