package dev.mmib.convert.pickle;

import java.nio.ByteBuffer;

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
}
