package dev.mmib.convert.torch;

import dev.mmib.convert.pickle.ByteSource;
import dev.mmib.io.TensorType;
import java.nio.ByteBuffer;

/** A storage of the stream format, whose place is known only after the pickle was read. */
final class StreamStorage implements TorchStorage {

  private static final long UNKNOWN = -1;

  private final ByteSource file;
  private final String key;
  private final TensorType type;
  private final long size;
  private long start = UNKNOWN;

  StreamStorage(ByteSource file, String key, TensorType type, long size) {
    this.file = file;
    this.key = key;
    this.type = type;
    this.size = size;
  }

  /** Sets where its bytes begin, once. */
  void placeAt(long start) {
    if (this.start != UNKNOWN) {
      throw new IllegalStateException("stream: storage " + key + " is placed twice");
    }
    this.start = start;
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
    return size;
  }

  @Override
  public void read(long at, ByteBuffer to) {
    if (start == UNKNOWN) {
      throw new IllegalStateException("stream: storage " + key + " is read before it is placed");
    }
    file.read(start + at, to);
  }
}
