package dev.mmib.convert.pickle;

import dev.mmib.error.MmibException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads the operands of a pickle, never past the end of its bytes.
 *
 * <p>After {@link PickleMachine#read} its position is just past the pickle's end: what follows is
 * for the caller to judge.
 */
public final class PickleReader {

  private static final int BUFFER = 1 << 13;

  private final ByteSource source;
  private final String file;
  private final String part;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
  private long buffered;
  private long opcode;

  /**
   * Starts at the byte {@code from}.
   *
   * @param file the file as the user named it
   * @param part what the bytes are within it, such as {@code data.pkl}; empty for the file itself
   */
  public PickleReader(ByteSource source, String file, String part, long from) {
    this.source = source;
    this.file = file;
    this.part = part;
    this.buffered = from;
    buffer.limit(0);
  }

  public long position() {
    return buffered + buffer.position();
  }

  public long left() {
    return source.size() - position();
  }

  /** The error that says why reading stopped, at the opcode read last. */
  MmibException refused(Refusal why) {
    String at = (part.isEmpty() ? "" : part + " ") + "byte " + opcode;
    return MmibException.at(file, at, why.code(), why.what(), why.hint());
  }

  /** An opcode's byte; errors name its position from now on. */
  int opcode() throws Refusal {
    opcode = position();
    return unsigned1();
  }

  int unsigned1() throws Refusal {
    need(1);
    return buffer.get() & 0xff;
  }

  int unsigned2() throws Refusal {
    need(2);
    return buffer.getShort() & 0xffff;
  }

  int signed4() throws Refusal {
    need(4);
    return buffer.getInt();
  }

  long signed8() throws Refusal {
    need(8);
    return buffer.getLong();
  }

  double bigEndianDouble() throws Refusal {
    return Double.longBitsToDouble(Long.reverseBytes(signed8()));
  }

  byte[] bytes(long count) throws Refusal {
    requireLeft(count);
    var bytes = new byte[Math.toIntExact(count)];
    int ready = Math.min(bytes.length, buffer.remaining());
    buffer.get(bytes, 0, ready);
    if (ready < bytes.length) {
      long at = position();
      source.read(at, ByteBuffer.wrap(bytes, ready, bytes.length - ready));
      seek(at + bytes.length - ready);
    }
    return bytes;
  }

  /** The bytes up to the next line feed, which is passed over; at most {@code most} of them. */
  byte[] line(int most) throws Refusal {
    long start = position();
    while (unsigned1() != '\n') {
      if (position() - start > most) {
        throw Refusal.damaged("a line is longer than " + most + " bytes");
      }
    }
    long end = position();
    seek(start);
    var line = bytes(end - start - 1);
    seek(end);
    return line;
  }

  /** Refuses a length that is negative or reaches past the end, before anything is made for it. */
  void requireLeft(long count) throws Refusal {
    if (count < 0 || count > left()) {
      throw Refusal.damaged(
          Long.toUnsignedString(count) + " bytes are announced, " + left() + " are left");
    }
  }

  private void need(int count) throws Refusal {
    if (buffer.remaining() >= count) {
      return;
    }
    if (left() < count) {
      throw Refusal.damaged("ends within an instruction");
    }
    long at = position();
    buffer.clear().limit((int) Math.min(BUFFER, source.size() - at));
    buffered = at;
    source.read(at, buffer);
    buffer.flip();
  }

  private void seek(long to) {
    if (to >= buffered && to - buffered <= buffer.limit()) {
      buffer.position((int) (to - buffered));
    } else {
      buffered = to;
      buffer.clear().limit(0);
    }
  }
}
