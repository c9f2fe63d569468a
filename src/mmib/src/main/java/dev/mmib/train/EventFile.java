package dev.mmib.train;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * A file of scalars over steps that TensorBoard shows.
 *
 * <p>Records are TensorFlow's TFRecord frames (length, its checksum, data, their checksum) around
 * {@code tensorflow.Event} protocol buffers, which are written by hand here: four messages of a few
 * fields do not need a library.
 */
final class EventFile implements AutoCloseable {

  private static final int MASK_DELTA = 0xa282ead8;

  // Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
  private static final int EVENT_WALL_TIME = 1;
  private static final int EVENT_STEP = 2;
  private static final int EVENT_FILE_VERSION = 3;
  private static final int EVENT_SUMMARY = 5;
  private static final int EVENT_SESSION_LOG = 7;
  private static final int SESSION_STATUS = 1;
  private static final int SESSION_START = 1;
  private static final int SUMMARY_VALUE = 1;
  private static final int VALUE_TAG = 1;
  private static final int VALUE_SIMPLE = 2;
  private static final int VALUE_METADATA = 9;
  private static final int METADATA_PLUGIN = 1;
  private static final int METADATA_CLASS = 4;
  private static final int PLUGIN_NAME = 1;
  private static final int CLASS_SCALAR = 1;

  private final String name;
  private final OutputStream out;
  private final Set<String> described = new HashSet<>();

  private EventFile(String name, OutputStream out) {
    this.name = name;
    this.out = out;
  }

  /** Starts a file in {@code directory}, under a name that TensorBoard recognizes. */
  static EventFile create(Path directory, double wallSeconds) {
    try {
      var path = free(directory, (long) wallSeconds);
      var file = new EventFile(path.toString(), Files.newOutputStream(path));
      var first = new Message().fixed64(EVENT_WALL_TIME, wallSeconds);
      file.write(first.text(EVENT_FILE_VERSION, "brain.Event:2").bytes());
      return file;
    } catch (IOException e) {
      throw unwritable(directory.toString(), e);
    }
  }

  /**
   * A name of its own even for a run that is resumed within a second: TensorBoard sorts by name.
   */
  private static Path free(Path directory, long seconds) {
    int number = 0;
    while (true) {
      var path = directory.resolve("events.out.tfevents.%010d.mmib.%d".formatted(seconds, number));
      if (!Files.exists(path)) {
        return path;
      }
      number++;
    }
  }

  /**
   * Tells TensorBoard that a run goes on here: what earlier files of the directory say of this step
   * and later ones is no longer shown.
   */
  void restart(double wallSeconds, long step) {
    var log = new Message().varint(SESSION_STATUS, SESSION_START);
    var event = new Message().fixed64(EVENT_WALL_TIME, wallSeconds).varint(EVENT_STEP, step);
    try {
      write(event.message(EVENT_SESSION_LOG, log).bytes());
    } catch (IOException e) {
      throw unwritable(name, e);
    }
  }

  /** Adds the scalars of one step. */
  void add(double wallSeconds, long step, Map<String, Double> scalars) {
    var summary = new Message();
    scalars.forEach((tag, value) -> summary.message(SUMMARY_VALUE, value(tag, value)));
    var event = new Message().fixed64(EVENT_WALL_TIME, wallSeconds).varint(EVENT_STEP, step);
    try {
      write(event.message(EVENT_SUMMARY, summary).bytes());
    } catch (IOException e) {
      throw unwritable(name, e);
    }
  }

  private Message value(String tag, double value) {
    var message = new Message().text(VALUE_TAG, tag).fixed32(VALUE_SIMPLE, (float) value);
    if (described.add(tag)) {
      var metadata =
          new Message()
              .message(METADATA_PLUGIN, new Message().text(PLUGIN_NAME, "scalars"))
              .varint(METADATA_CLASS, CLASS_SCALAR);
      message.message(VALUE_METADATA, metadata);
    }
    return message;
  }

  private void write(byte[] data) throws IOException {
    var length = little(8).putLong(data.length).array();
    out.write(length);
    out.write(little(4).putInt(maskedChecksum(length)).array());
    out.write(data);
    out.write(little(4).putInt(maskedChecksum(data)).array());
    out.flush();
  }

  /** TensorFlow rotates and shifts its checksums, so that a checksum of checksums stays useful. */
  static int maskedChecksum(byte[] data) {
    var crc = new CRC32C();
    crc.update(data);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static MmibException unwritable(String file, IOException e) {
    return MmibException.in(
            file, ErrorCode.IO, "cannot be written: " + e.getMessage(), "Is the disk full?")
        .causedBy(e);
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw unwritable(name, e);
    }
  }

  /** A protocol buffer message under construction. */
  private static final class Message {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    byte[] bytes() {
      return out.toByteArray();
    }

    Message varint(int field, long value) {
      raw((long) field << 3 | VARINT);
      raw(value);
      return this;
    }

    Message fixed64(int field, double value) {
      raw((long) field << 3 | FIXED64);
      out.writeBytes(little(8).putDouble(value).array());
      return this;
    }

    Message fixed32(int field, float value) {
      raw((long) field << 3 | FIXED32);
      out.writeBytes(little(4).putFloat(value).array());
      return this;
    }

    Message text(int field, String value) {
      return nested(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message value) {
      return nested(field, value.bytes());
    }

    private Message nested(int field, byte[] value) {
      raw((long) field << 3 | BYTES);
      raw(value.length);
      out.writeBytes(value);
      return this;
    }

    private void raw(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        out.write((int) (rest & 0x7f | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
    }
  }
}
