package dev.mmib.convert;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.InputFile;
import dev.mmib.io.IoFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Which reader a file is for, told by its first bytes. */
enum FileKind {
  SAFETENSORS,
  /** An index of shards. */
  INDEX,
  /** Everything else: that reader says best what it is not. */
  TORCH;

  /** What the command calls safetensors. */
  static final String SAFETENSORS_KEY = "safetensors";

  private static final String SUFFIX = ".safetensors";
  private static final int LOOKED_AT = 64;

  static FileKind of(Path file) {
    var start = start(file);
    // Asked first: the length may begin with any byte, also with one that opens a pickle.
    if (isSafeTensors(start)) {
      return SAFETENSORS;
    }
    boolean mark =
        start.length > 2
            && start[0] == (byte) 0xEF
            && start[1] == (byte) 0xBB
            && start[2] == (byte) 0xBF;
    if (opensObject(start, mark ? 3 : 0)) {
      return INDEX;
    }
    boolean pickled = start.length > 1 && (start[0] == 'P' && start[1] == 'K' || start[0] < 0);
    return file.toString().endsWith(SUFFIX) && !pickled ? SAFETENSORS : TORCH;
  }

  /** Eight bytes of length of which no header needs the upper four, then JSON. */
  private static boolean isSafeTensors(byte[] start) {
    return start.length > 8
        && (start[4] | start[5] | start[6] | start[7]) == 0
        && opensObject(start, 8);
  }

  private static byte[] start(Path file) {
    try (var channel = InputFile.open(file, ErrorCode.MODEL_FILE)) {
      var start = ByteBuffer.allocate(LOOKED_AT);
      while (start.hasRemaining() && channel.read(start) >= 0) {
        // until the buffer is full or the file ends
      }
      var bytes = new byte[start.position()];
      start.flip().get(bytes);
      return bytes;
    } catch (IOException e) {
      throw MmibException.in(
              file.toString(),
              ErrorCode.MODEL_FILE,
              "cannot be read: " + IoFailure.reason(e),
              "Check the path.")
          .causedBy(e);
    }
  }

  private static boolean opensObject(byte[] start, int from) {
    int at = from;
    while (at < start.length && " \t\r\n".indexOf(start[at]) >= 0) {
      at++;
    }
    return at < start.length && start[at] == '{';
  }
}
