package dev.mmib.convert.pickle;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Bytes at positions: a file, a part of one, an array. */
public interface ByteSource {

  long size();

  /** Fills {@code to} from position {@code at}; the caller asks for nothing past {@link #size}. */
  void read(long at, ByteBuffer to);

  static ByteSource of(byte[] bytes) {
    return new ByteSource() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public void read(long at, ByteBuffer to) {
        to.put(bytes, (int) at, to.remaining());
      }
    };
  }

  /** The first {@code size} bytes of a file, which {@code name} is the user's name of. */
  static ByteSource of(FileChannel channel, String name, long size) {
    return new ByteSource() {
      @Override
      public long size() {
        return size;
      }

      @Override
      public void read(long at, ByteBuffer to) {
        long next = at;
        try {
          while (to.hasRemaining()) {
            int count = channel.read(to, next);
            if (count < 0) {
              throw MmibException.at(
                  name, "byte " + next, ErrorCode.IO, "became shorter while it was read", "");
            }
            next += count;
          }
        } catch (IOException e) {
          throw MmibException.in(name, ErrorCode.IO, "cannot be read: " + e.getMessage(), "")
              .causedBy(e);
        }
      }
    };
  }
}
