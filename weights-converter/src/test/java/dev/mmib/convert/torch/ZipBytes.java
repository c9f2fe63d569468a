package dev.mmib.convert.torch;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/** A small zip archive in the making, whose every field can be set against the rules. */
final class ZipBytes {

  /** A number that is to be taken from where it belongs. */
  static final long RIGHT = -1;

  /** One entry; what is not set is as it should be. */
  static final class Entry {
    byte[] name;
    byte[] stored;
    long size;
    long crc;
    int method;
    int flags = 1 << 11;
    byte @Nullable [] localName;
    int localMethod = -1;
    int localFlags = -1;
    long localSize = RIGHT;
    long localCrc = RIGHT;
    byte[] localExtra = {};
    long storedSize = RIGHT;
    long offset = RIGHT;
    byte @Nullable [] extra;
    int disk;
    boolean saturated;
    byte[] after = {};
    boolean inDirectory = true;
    private long position;

    Entry(byte[] name, byte[] content) {
      this.name = name;
      stored = content;
      size = content.length;
      var crc32 = new CRC32();
      crc32.update(content);
      crc = crc32.getValue();
    }

    void name(String text) {
      name = text.getBytes(StandardCharsets.UTF_8);
    }

    Entry deflated() {
      var deflater = new Deflater(9, true);
      deflater.setInput(stored);
      deflater.finish();
      var out = new byte[stored.length + stored.length / 1000 + 100];
      int length = deflater.deflate(out);
      deflater.end();
      stored = Arrays.copyOf(out, length);
      method = 8;
      return this;
    }

    private long storedSize() {
      return storedSize == RIGHT ? stored.length : storedSize;
    }
  }

  final List<Entry> entries = new ArrayList<>();
  byte[] prefix = {};
  byte[] beforeDirectory = {};
  byte[] comment = {};
  byte[] suffix = {};
  int disk;
  long count = RIGHT;
  long start = RIGHT;
  long length = RIGHT;
  boolean zip64End;
  boolean saturatedEnd;
  long count64 = RIGHT;
  long start64 = RIGHT;
  long locatorOffset = RIGHT;
  long recordLength = 44;
  boolean hasEnd = true;

  /** An honest archive of a state dict. */
  static ZipBytes of(SavedValue root) {
    var zip = new ZipBytes();
    var pickle = new PickleText(false).value(root);
    zip.add("archive/data.pkl", pickle.toBytes());
    for (int i = 0; i < pickle.storages().size(); i++) {
      var storage = pickle.storages().get(i);
      var bytes = new byte[Math.toIntExact(storage.size() * storage.width())];
      storage.content().put(0, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
      zip.add("archive/data/" + i, bytes);
    }
    zip.add("archive/version", "3\n");
    return zip;
  }

  Entry add(String name, byte[] content) {
    var entry = new Entry(name.getBytes(StandardCharsets.UTF_8), content);
    entries.add(entry);
    return entry;
  }

  Entry add(String name, String content) {
    return add(name, content.getBytes(StandardCharsets.UTF_8));
  }

  /** The entry of that name within the archive's folder. */
  Entry entry(String name) {
    return entries.stream()
        .filter(e -> new String(e.name, StandardCharsets.UTF_8).equals("archive/" + name))
        .findFirst()
        .orElseThrow();
  }

  byte[] toBytes() {
    var out = new ByteArrayOutputStream();
    out.writeBytes(prefix);
    for (var entry : entries) {
      entry.position = out.size();
      writeLocal(out, entry);
    }
    out.writeBytes(beforeDirectory);
    long directory = out.size();
    for (var entry : entries) {
      if (entry.inDirectory) {
        writeCentral(out, entry);
      }
    }
    if (hasEnd) {
      writeEnd(out, directory);
    }
    out.writeBytes(suffix);
    return out.toByteArray();
  }

  private static void writeLocal(ByteArrayOutputStream out, Entry entry) {
    var name = entry.localName == null ? entry.name : entry.localName;
    long size = entry.localSize == RIGHT ? entry.size : entry.localSize;
    long stored = entry.localSize == RIGHT ? entry.storedSize() : entry.localSize;
    out.writeBytes(
        buffer(30)
            .putInt(0x04034b50)
            .putShort((short) 20)
            .putShort((short) (entry.localFlags < 0 ? entry.flags : entry.localFlags))
            .putShort((short) (entry.localMethod < 0 ? entry.method : entry.localMethod))
            .putInt(0)
            .putInt((int) (entry.localCrc == RIGHT ? entry.crc : entry.localCrc))
            .putInt((int) Math.min(stored, 0xffffffffL))
            .putInt((int) Math.min(size, 0xffffffffL))
            .putShort((short) name.length)
            .putShort((short) entry.localExtra.length)
            .array());
    out.writeBytes(name);
    out.writeBytes(entry.localExtra);
    out.writeBytes(entry.stored);
    out.writeBytes(entry.after);
  }

  private static void writeCentral(ByteArrayOutputStream out, Entry entry) {
    long offset = entry.offset == RIGHT ? entry.position : entry.offset;
    long stored = entry.storedSize();
    boolean big = entry.saturated || entry.size > 0xffffffffL;
    var extra =
        entry.extra != null
            ? entry.extra
            : big ? zip64Extra(entry.size, stored, offset) : new byte[0];
    out.writeBytes(
        buffer(46)
            .putInt(0x02014b50)
            .putInt(20 << 16 | 20)
            .putShort((short) entry.flags)
            .putShort((short) entry.method)
            .putInt(0)
            .putInt((int) entry.crc)
            .putInt((int) (big ? 0xffffffffL : stored))
            .putInt((int) (big ? 0xffffffffL : entry.size))
            .putShort((short) entry.name.length)
            .putShort((short) extra.length)
            .putShort((short) 0)
            .putShort((short) entry.disk)
            .putShort((short) 0)
            .putInt(0)
            .putInt((int) (big ? 0xffffffffL : offset))
            .array());
    out.writeBytes(entry.name);
    out.writeBytes(extra);
  }

  private void writeEnd(ByteArrayOutputStream out, long directory) {
    long end = out.size();
    long number = count == RIGHT ? entries.stream().filter(e -> e.inDirectory).count() : count;
    long from = start == RIGHT ? directory : start;
    long bytes = length == RIGHT ? end - directory : length;
    if (zip64End) {
      long number64 = count64 == RIGHT ? number : count64;
      out.writeBytes(
          buffer(76)
              .putInt(0x06064b50)
              .putLong(recordLength)
              .putInt(45 << 16 | 45)
              .putLong(0)
              .putLong(number64)
              .putLong(number64)
              .putLong(bytes)
              .putLong(start64 == RIGHT ? from : start64)
              .putInt(0x07064b50)
              .putInt(0)
              .putLong(locatorOffset == RIGHT ? end : locatorOffset)
              .putInt(1)
              .array());
    }
    out.writeBytes(
        buffer(22)
            .putInt(0x06054b50)
            .putShort((short) disk)
            .putShort((short) disk)
            .putShort((short) (saturatedEnd ? 0xffff : number))
            .putShort((short) (saturatedEnd ? 0xffff : number))
            .putInt((int) (saturatedEnd ? 0xffffffffL : bytes))
            .putInt((int) (saturatedEnd ? 0xffffffffL : from))
            .putShort((short) comment.length)
            .array());
    out.writeBytes(comment);
  }

  /** The extra field with numbers of 64 bits. */
  static byte[] zip64Extra(long... values) {
    var extra =
        buffer(4 + 8 * values.length).putShort((short) 1).putShort((short) (8 * values.length));
    for (long value : values) {
      extra.putLong(value);
    }
    return extra.array();
  }

  /** What follows an entry whose checksum and sizes were not known before. */
  static byte[] descriptor(Entry entry, boolean signed, boolean wide) {
    var bytes = buffer(24);
    if (signed) {
      bytes.putInt(0x08074b50);
    }
    bytes.putInt((int) entry.crc);
    for (long value : new long[] {entry.stored.length, entry.size}) {
      if (wide) {
        bytes.putLong(value);
      } else {
        bytes.putInt((int) value);
      }
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  private static ByteBuffer buffer(int capacity) {
    return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
  }
}
