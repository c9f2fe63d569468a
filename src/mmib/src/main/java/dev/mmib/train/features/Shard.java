package dev.mmib.train.features;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A file of features: a header, then records of one size, only ever appended to.
 *
 * <pre>
 *   header   magic 8 · version 4 · floats a record 4 · fingerprint 32 · CRC-32C of these 4
 *   record   magic 4 · digest of the picture 32 · CRC-32C of these 4
 *            floats · CRC-32C of digest and floats 4                        little-endian
 * </pre>
 *
 * <p>Whatever stands in the file: a record whose sums do not fit is none. One that was torn off by
 * a kill or a full disk is the last one, and shorter than a record.
 */
final class Shard implements AutoCloseable {

  static final int VERSION = 1;

  private static final long MAGIC = 0x0A54414542494D4DL; // "MMIBEAT\n"
  private static final int RECORD_MAGIC = 0x52494D4D; // "MMIR"
  private static final int FINGERPRINT = 32;
  private static final int DIGEST = 32;
  static final int HEADER = 8 + 4 + 4 + FINGERPRINT + 4;
  private static final int HEAD = 4 + DIGEST + 4;

  private final Path file;
  private final int floats;
  private final FileChannel channel;

  private Shard(Path file, int floats, FileChannel channel) {
    this.file = file;
    this.floats = floats;
    this.channel = channel;
  }

  /** Begins a file that is not there yet. */
  static Shard create(Path file, byte[] fingerprint, int floats) throws IOException {
    var channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      write(channel, header(fingerprint, floats), 0);
      return new Shard(file, floats, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Opens a file; null if it is not one of these features. */
  static @Nullable Shard open(
      Path file, byte[] fingerprint, int floats, StandardOpenOption... options) throws IOException {
    var channel = FileChannel.open(file, options);
    try {
      var found = read(channel, 0, HEADER);
      if (found != null && found.equals(header(fingerprint, floats))) {
        return new Shard(file, floats, channel);
      }
      channel.close();
      return null;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static ByteBuffer header(byte[] fingerprint, int floats) {
    var bytes = allocate(HEADER).putLong(MAGIC).putInt(VERSION).putInt(floats).put(fingerprint);
    return bytes.putInt(sum(bytes, 0, HEADER - 4)).flip();
  }

  Path file() {
    return file;
  }

  static int recordSize(int floats) {
    return HEAD + 4 * floats + 4;
  }

  /** Bytes of it. */
  long size() throws IOException {
    return channel.size();
  }

  /** Whole records, sound or not. */
  int records() throws IOException {
    return (int) ((channel.size() - HEADER) / recordSize(floats));
  }

  /** Cuts a torn record off; whether there was one. For the only one who writes. */
  boolean cutTornRecord() throws IOException {
    long whole = at(records());
    if (channel.size() <= whole) {
      return false;
    }
    channel.truncate(whole);
    return true;
  }

  private long at(int record) {
    return HEADER + (long) record * recordSize(floats);
  }

  /** The digest of a record's picture; null if the record's head is damaged. */
  @Nullable String digest(int record) throws IOException {
    var head = read(channel, at(record), HEAD);
    return head == null ? null : digest(head);
  }

  private static @Nullable String digest(ByteBuffer head) {
    if (head.getInt(0) != RECORD_MAGIC || head.getInt(HEAD - 4) != sum(head, 0, HEAD - 4)) {
      return null;
    }
    var digest = new byte[DIGEST];
    head.get(4, digest);
    return HexFormat.of().formatHex(digest);
  }

  /** The features of a record; null if it is damaged or another picture's. */
  float @Nullable [] read(int record, String digest) throws IOException {
    var bytes = read(channel, at(record), recordSize(floats));
    if (bytes == null
        || !digest.equals(digest(bytes))
        || bytes.getInt(bytes.limit() - 4) != contentSum(bytes)) {
      return null;
    }
    var values = new float[floats];
    bytes.position(HEAD).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  /** Appends a record; its number. For the only one who writes. */
  int append(String digest, float[] values) throws IOException {
    int record = records();
    var bytes = allocate(recordSize(floats));
    bytes.putInt(RECORD_MAGIC).put(HexFormat.of().parseHex(digest));
    bytes.putInt(sum(bytes, 0, HEAD - 4));
    for (float value : values) {
      bytes.putFloat(value);
    }
    bytes.putInt(contentSum(bytes));
    write(channel, bytes.flip(), at(record));
    return record;
  }

  private static int contentSum(ByteBuffer record) {
    var sum = new CRC32C();
    sum.update(record.array(), 4, DIGEST);
    sum.update(record.array(), HEAD, record.capacity() - HEAD - 4);
    return (int) sum.getValue();
  }

  private static int sum(ByteBuffer bytes, int from, int length) {
    var sum = new CRC32C();
    sum.update(bytes.array(), from, length);
    return (int) sum.getValue();
  }

  private static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Null where the file ends before. */
  private static @Nullable ByteBuffer read(FileChannel channel, long at, int length)
      throws IOException {
    var bytes = allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, at + bytes.position()) < 0) {
        return null;
      }
    }
    return bytes.flip();
  }

  private static void write(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
    channel.position(at);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
