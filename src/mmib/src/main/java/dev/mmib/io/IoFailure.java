package dev.mmib.io;

import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;

/** What a failed file operation is called in a message. */
public final class IoFailure {

  private IoFailure() {}

  /** The reason in words, with the file's own name where the operating system tells it. */
  public static String reason(IOException e) {
    if (e instanceof AccessDeniedException denied) {
      return "no permission for " + name(denied.getFile());
    }
    // Its message begins with a path that may be longer than what is quoted of it.
    var said = e instanceof FileSystemException failed ? failed.getReason() : e.getMessage();
    var kind = e.getClass().getSimpleName();
    return said == null ? kind : kind + " " + MmibException.quote(said);
  }

  private static String name(String path) {
    return MmibException.quote(path.substring(1 + path.lastIndexOf('/')));
  }
}
