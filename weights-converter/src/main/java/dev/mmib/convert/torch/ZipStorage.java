package dev.mmib.convert.torch;

import dev.mmib.io.TensorType;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/**
 * A storage in a record of its own, whose checksum is compared once.
 *
 * <p>Whoever streams it from front to back is told at its end, and no byte is read twice; before
 * any other reading all of it is read once to check it.
 */
final class ZipStorage implements TorchStorage {

  private static final int CHUNK = 1 << 20;

  private final String key;
  private final TensorType type;
  private final ZipRecord record;
  private final RecordReader reader;
  private final CRC32 crc = new CRC32();
  private long streamed;
  private volatile boolean checked;

  ZipStorage(String key, TensorType type, ZipRecord record, RecordReader reader) {
    this.key = key;
    this.type = type;
    this.record = record;
    this.reader = reader;
  }

  @Override
  public String key() {
    return key;
  }

  @Override
  public TensorType type() {
    return type;
  }

  @Override
  public long size() {
    return record.size() / (type.bits() / 8);
  }

  @Override
  public void read(long at, ByteBuffer to) {
    requireChecked();
    reader.read(record, at, to);
  }

  @Override
  public void stream(long at, ByteBuffer to) {
    if (checked || !streamsOn(at, to)) {
      read(at, to);
    }
  }

  /** Takes part in a reading from front to back, unless this is not one. */
  private synchronized boolean streamsOn(long at, ByteBuffer to) {
    if (checked || at != streamed) {
      return false;
    }
    pass(at, to);
    return true;
  }

  private synchronized void requireChecked() {
    if (checked) {
      return;
    }
    var chunk = ByteBuffer.allocate((int) Math.min(CHUNK, record.size()));
    streamed = 0;
    crc.reset();
    do {
      chunk.clear().limit((int) Math.min(CHUNK, record.size() - streamed));
      pass(streamed, chunk);
    } while (!checked);
  }

  /** Reads on from {@link #streamed}, and compares the checksum at the end. */
  private void pass(long at, ByteBuffer to) {
    var read = to.duplicate();
    reader.read(record, at, to);
    read.limit(to.position());
    streamed += read.remaining();
    crc.update(read);
    if (streamed == record.size()) {
      reader.requireCrc(record, crc);
      checked = true;
    }
  }
}
