package dev.mmib.convert.torch;

import dev.mmib.convert.pickle.ByteSource;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.StableFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A file of PyTorch held open, whose bytes are read at positions.
 *
 * <p>One that is written to meanwhile is refused: a stream has no checksums that would tell. Small
 * reads, of which strided tensors take millions, look only now and then.
 */
final class InputBytes implements ByteSource, AutoCloseable {

  private static final int SMALL = 1 << 12;
  private static final int SMALL_READS = 64;

  private final StableFile file;
  private final AtomicInteger smallReads = new AtomicInteger();

  private InputBytes(StableFile file) {
    this.file = file;
  }

  static InputBytes open(Path file) {
    return new InputBytes(StableFile.open(file, ErrorCode.TORCH_FILE));
  }

  /** The file as the user named it. */
  String name() {
    return file.path().toString();
  }

  @Override
  public long size() {
    return file.size();
  }

  @Override
  public void read(long at, ByteBuffer to) {
    if (to.remaining() < SMALL && smallReads.incrementAndGet() % SMALL_READS != 0) {
      file.readUnwatched(at, to);
    } else {
      file.read(at, to);
    }
  }

  /** At most {@code most} bytes from {@code at}, fewer where the file ends; little-endian. */
  ByteBuffer upTo(int most, long at) {
    var bytes = ByteBuffer.allocate((int) Math.min(most, size() - at));
    read(at, bytes);
    return bytes.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  MmibException refused(String position, String what, String hint) {
    return MmibException.at(name(), position, ErrorCode.TORCH_FILE, what, hint);
  }

  MmibException refused(String what, String hint) {
    return MmibException.in(name(), ErrorCode.TORCH_FILE, what, hint);
  }

  @Override
  public void close() {
    file.close();
  }
}
