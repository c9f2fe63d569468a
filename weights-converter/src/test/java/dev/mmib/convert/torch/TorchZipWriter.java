package dev.mmib.convert.torch;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/**
 * A zip file in the making, laid out as PyTorch does: stored records that begin at multiples of 64,
 * behind an extra field "FB", their checksums after them, always with the zip64 end.
 */
final class TorchZipWriter implements AutoCloseable {

  /** Writes one record's bytes. */
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private record Entry(byte[] name, long crc, long size, long offset) {

    boolean isBig() {
      return size >= 0xFFFFFFFFL || offset >= 0xFFFFFFFFL;
    }

    /** The zip64 extra field, empty for what fits into 32 bits. */
    byte[] zip64() {
      if (!isBig()) {
        return new byte[0];
      }
      var extra = ByteBuffer.allocate(28).order(ByteOrder.LITTLE_ENDIAN);
      extra.putShort((short) 1).putShort((short) 0);
      if (size >= 0xFFFFFFFFL) {
        extra.putLong(size).putLong(size);
      }
      if (offset >= 0xFFFFFFFFL) {
        extra.putLong(offset);
      }
      extra.putShort(2, (short) (extra.position() - 4));
      return Arrays.copyOf(extra.array(), extra.position());
    }
  }

  private final OutputStream file;
  private final String folder;
  private final List<Entry> entries = new ArrayList<>();
  private final CRC32 crc = new CRC32();
  private long position;
  private long size;

  TorchZipWriter(OutputStream file, String folder) {
    this.file = new BufferedOutputStream(file, 1 << 16);
    this.folder = folder;
  }

  void record(String name, byte[] bytes) throws IOException {
    record(name, bytes.length, out -> out.write(bytes));
  }

  /** Adds a record of {@code length} bytes, which may be more than 4 GiB. */
  void record(String name, long length, Content content) throws IOException {
    var utf8 = (folder + "/" + name).getBytes(StandardCharsets.UTF_8);
    long offset = position;
    var zip64 = new Entry(utf8, 0, length, offset).zip64();
    int padding = (int) (-(offset + 30 + utf8.length + zip64.length + 4) & 63);
    var header =
        buffer(30 + utf8.length + zip64.length + 4 + padding)
            .putInt(0x04034b50)
            .putShort((short) 0)
            .putShort((short) 0x0808)
            .put(new byte[18])
            .putShort((short) utf8.length)
            .putShort((short) (zip64.length + 4 + padding))
            .put(utf8)
            .put(zip64)
            .put((byte) 'F')
            .put((byte) 'B')
            .putShort((short) padding);
    while (header.hasRemaining()) {
      header.put((byte) 'Z');
    }
    write(header.array(), header.capacity());
    crc.reset();
    size = 0;
    content.writeTo(
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int from, int length) throws IOException {
            crc.update(bytes, from, length);
            file.write(bytes, from, length);
            size += length;
            position += length;
          }
        });
    var entry = new Entry(utf8, crc.getValue(), size, offset);
    var footer = buffer(24).putInt(0x08074b50).putInt((int) entry.crc());
    if (zip64.length > 0) {
      footer.putLong(size).putLong(size);
    } else {
      footer.putInt((int) size).putInt((int) size);
    }
    write(footer.array(), footer.position());
    entries.add(entry);
  }

  @Override
  public void close() throws IOException {
    long start = position;
    for (var entry : entries) {
      var zip64 = entry.zip64();
      var header =
          buffer(46 + entry.name().length + zip64.length)
              .putInt(0x02014b50)
              .putInt(0)
              .putShort((short) 0x0808)
              .put(new byte[6])
              .putInt((int) entry.crc())
              .putInt(saturated(entry.size()))
              .putInt(saturated(entry.size()))
              .putShort((short) entry.name().length)
              .putShort((short) zip64.length)
              .put(new byte[10])
              .putInt(saturated(entry.offset()))
              .put(entry.name())
              .put(zip64);
      write(header.array(), header.capacity());
    }
    long length = position - start;
    long end = position;
    int count = Math.min(entries.size(), 0xFFFF);
    var tail =
        buffer(56 + 20 + 22)
            .putInt(0x06064b50)
            .putLong(44)
            .putInt(0x002d031e)
            .putLong(0)
            .putLong(entries.size())
            .putLong(entries.size())
            .putLong(length)
            .putLong(start)
            .putInt(0x07064b50)
            .putInt(0)
            .putLong(end)
            .putInt(1)
            .putInt(0x06054b50)
            .putInt(0)
            .putShort((short) count)
            .putShort((short) count)
            .putInt(saturated(length))
            .putInt(saturated(start))
            .putShort((short) 0);
    write(tail.array(), tail.capacity());
    file.close();
  }

  private void write(byte[] bytes, int length) throws IOException {
    file.write(bytes, 0, length);
    position += length;
  }

  private static int saturated(long value) {
    return (int) Math.min(value, 0xFFFFFFFFL);
  }

  private static ByteBuffer buffer(int capacity) {
    return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
  }
}
