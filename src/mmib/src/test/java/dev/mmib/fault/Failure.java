package dev.mmib.fault;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** How an operation on a file fails. */
public enum Failure {
  NO_SPACE {
    @Override
    IOException exception(Path file, @Nullable FileChannel channel) {
      return channel == null
          ? new FileSystemException(file.toString(), null, "No space left on device")
          : new IOException("No space left on device");
    }
  },
  NO_PERMISSION {
    @Override
    IOException exception(Path file, @Nullable FileChannel channel) {
      return new AccessDeniedException(file.toString());
    }
  },
  INTERRUPTED {
    @Override
    IOException exception(Path file, @Nullable FileChannel channel) throws IOException {
      Thread.currentThread().interrupt();
      if (channel == null) {
        return new InterruptedIOException();
      }
      channel.close();
      return new ClosedByInterruptException();
    }
  };

  abstract IOException exception(Path file, @Nullable FileChannel channel) throws IOException;
}
