package dev.mmib.convert.torch;

import dev.mmib.io.TensorType;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/**
 * A storage in a record of its own, whose checksum is compared once.
 *
 * <p>Who streams it from front to back is told at the end, and no byte is read twice; before any
 * other reading all of it is read once to check it.
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
    if (!checked) {
      check();
    }
    reader.read(record, at, to);
  }

  @Override
  public void stream(long at, ByteBuffer to) {
    if (!checked && !streamsOn(at, to)) {
      check();
    }
    if (to.hasRemaining()) {
      reader.read(record, at, to);
    }
  }

  /** Goes on with a reading from front to back, if that is one. */
  private synchronized boolean streamsOn(long at, ByteBuffer to) {
    if (at != streamed) {
      return false;
    }
    var read = to.duplicate();
    reader.read(record, at, to);
    crc.update(read.limit(to.position()));
    streamed = at + (to.position() - read.position());
    return true;
  }

  private synchronized void check() {
    if (checked) {
      return;
    }
  }
}
