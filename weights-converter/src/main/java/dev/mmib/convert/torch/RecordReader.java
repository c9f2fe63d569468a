package dev.mmib.convert.torch;

import dev.mmib.error.MmibException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of the records of a zip archive, unchecked.
 *
 * <p>One compressed record at a time is kept open, and read from front to back: going back starts
 * again, and that is done only so often.
 */
final class RecordReader implements AutoCloseable {

  private static final int INPUT_BYTES = 1 << 14;
  private static final int MOST_PASSES = 4;
  private static final long FREE_BYTES = 64L << 20;
  private static final String DAMAGED = "It is damaged, or hostile; save it again.";

  private final InputBytes file;
  private final ByteBuffer input = ByteBuffer.allocate(INPUT_BYTES).limit(0);
  private final ByteBuffer skipped = ByteBuffer.allocate(INPUT_BYTES);
  private @Nullable Inflater inflater;
  private @Nullable ZipRecord current;
  private long position;
  private long consumed;
  private long budget = FREE_BYTES;

  /** Reads {@code records} of a file; what inflating them may cost depends on all their sizes. */
  RecordReader(InputBytes file, Iterable<ZipRecord> records) {
    this.file = file;
    for (var record : records) {
      if (record.isDeflated()) {
        budget += MOST_PASSES * record.size();
      }
    }
  }

  /** Fills {@code to} with the record's bytes from {@code at}. */
  void read(ZipRecord record, long at, ByteBuffer to) {
    if (record.isDeflated()) {
      inflate(record, at, to);
    } else {
      file.read(record.start() + at, to);
    }
  }

  /** All bytes of a small record, checked; refuses one of more than {@code most}. */
  byte[] bytes(ZipRecord record, int most) {
    if (record.size() > most) {
      throw refused(record, "has " + record.size() + " bytes, at most " + most + " are read");
    }
    var bytes = new byte[(int) record.size()];
    read(record, 0, ByteBuffer.wrap(bytes));
    var crc = new CRC32();
    crc.update(bytes);
    requireCrc(record, crc);
    return bytes;
  }

  void requireCrc(ZipRecord record, CRC32 crc) {
    if (crc.getValue() != record.crc()) {
      throw file.refused(
          "entry " + MmibException.quote(record.name()),
          String.format("its bytes have CRC %08x vs %08x", crc.getValue(), record.crc()),
          "It is damaged, or was saved without checksums (set_crc32_options); save it again.");
    }
  }

  private synchronized void inflate(ZipRecord record, long at, ByteBuffer to) {
    var stream = inflater;
    if (stream == null || record != current || at < position) {
      stream = restart(record);
    }
    while (position < at) {
      skipped.clear().limit((int) Math.min(INPUT_BYTES, at - position));
      fill(stream, record, skipped);
    }
    fill(stream, record, to);
    if (position == record.size()) {
      requireEnd(stream, record);
    }
  }

  private Inflater restart(ZipRecord record) {
    close();
    var stream = new Inflater(true);
    inflater = stream;
    current = record;
    position = 0;
    consumed = 0;
    input.clear().limit(0);
    return stream;
  }

  private void fill(Inflater stream, ZipRecord record, ByteBuffer to) {
    budget -= to.remaining();
    if (budget < 0) {
      throw refused(record, "compressed storages are read over and over; save it uncompressed");
    }
    while (to.hasRemaining()) {
      if (stream.finished()) {
        throw refused(record, "ends after " + position + " of " + record.size() + " bytes");
      }
      position += inflateSome(stream, record, to);
    }
  }

  private int inflateSome(Inflater stream, ZipRecord record, ByteBuffer to) {
    if (stream.needsInput()) {
      long left = record.stored() - consumed;
      input.clear().limit((int) Math.min(INPUT_BYTES, left));
      if (left == 0) {
        throw refused(record, "its compressed bytes end too early");
      }
      file.read(record.start() + consumed, input);
      consumed += input.limit();
      stream.setInput(input.flip());
    }
    try {
      int count = stream.inflate(to);
      if (count == 0 && stream.needsDictionary()) {
        throw refused(record, "needs a dictionary");
      }
      return count;
    } catch (DataFormatException e) {
      throw refused(record, "its compressed bytes are damaged").causedBy(e);
    }
  }

  /** The compressed bytes must end with the record, no sooner and no later. */
  private void requireEnd(Inflater stream, ZipRecord record) {
    var one = ByteBuffer.allocate(1);
    while (!stream.finished()) {
      if (inflateSome(stream, record, one) > 0) {
        throw refused(record, "has more than " + record.size() + " bytes");
      }
    }
    if (stream.getRemaining() > 0 || consumed < record.stored()) {
      throw refused(record, "has compressed bytes after its end");
    }
    close();
  }

  private MmibException refused(ZipRecord record, String what) {
    return file.refused("entry " + MmibException.quote(record.name()), what, DAMAGED);
  }

  /** Lets the open compressed record go. */
  @Override
  public synchronized void close() {
    if (inflater != null) {
      inflater.end();
    }
    inflater = null;
    current = null;
  }
}
