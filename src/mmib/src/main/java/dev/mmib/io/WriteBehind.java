package dev.mmib.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * A file that is forced to the disk while more of it is written, so that little is left at the end.
 *
 * <p>A small file is forced at its end alone. What the disk refuses early is thrown by a later
 * write or at the end: the system tells it only once.
 */
final class WriteBehind implements WritableByteChannel {

  private static final long STEP = 16 << 20;

  private final FileChannel file;
  private long written;
  private @Nullable Forcing forcing;

  WriteBehind(FileChannel file) {
    this.file = file;
  }

  /** One forcing of what was written before, on a thread of its own. */
  private static final class Forcing extends Thread {

    private final FileChannel file;
    private volatile @Nullable IOException failure;

    Forcing(FileChannel file) {
      super("mmib-force");
      this.file = file;
      setDaemon(true);
      start();
    }

    @Override
    public void run() {
      try {
        file.force(false);
      } catch (IOException e) {
        failure = e;
      }
    }

    void requireDone() throws IOException {
      var thrown = failure;
      if (thrown != null) {
        throw thrown;
      }
    }
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int n = file.write(bytes);
    written += n;
    if (written >= STEP && (forcing == null || !forcing.isAlive())) {
      if (forcing != null) {
        forcing.requireDone();
      }
      forcing = new Forcing(file);
      written = 0;
    }
    return n;
  }

  /** Forces the rest. */
  void force() throws IOException {
    if (forcing != null) {
      try {
        forcing.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ClosedByInterruptException();
      }
      forcing.requireDone();
    }
    file.force(true);
  }

  @Override
  public boolean isOpen() {
    return file.isOpen();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
