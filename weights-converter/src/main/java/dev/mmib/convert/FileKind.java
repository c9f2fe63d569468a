package dev.mmib.convert;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.InputFile;
import dev.mmib.io.IoFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** What a file holds, told by its first bytes and not by its name. */
enum FileKind {
  SAFETENSORS("safetensors"),
  /** What {@code torch.save} writes since PyTorch 1.6. */
  TORCH_ZIP("pytorch-zip"),
  /** What it wrote before. */
  TORCH_STREAM("pytorch-legacy"),
  JSON("json"),
  UNKNOWN("unknown");

  private static final int LOOKED_AT = 64;
  private static final int PICKLE = 0x80;

  private final String key;

  FileKind(String key) {
    this.key = key;
  }

  /** What the command calls it. */
  String key() {
    return key;
  }

  static FileKind of(Path file) {
    try (var channel = InputFile.open(file, ErrorCode.MODEL_FILE)) {
      var start = ByteBuffer.allocate(LOOKED_AT);
      while (start.hasRemaining() && channel.read(start) >= 0) {
        // until the buffer is full or the file ends
      }
      var bytes = new byte[start.position()];
      start.flip().get(bytes);
      return of(bytes);
    } catch (IOException e) {
      throw MmibException.in(
              file.toString(),
              ErrorCode.MODEL_FILE,
              "cannot be read: " + IoFailure.reason(e),
              "Check the path.")
          .causedBy(e);
    }
  }

  private static FileKind of(byte[] start) {
    if (begins(start, 'P', 'K', 3, 4) || begins(start, 'P', 'K', 5, 6)) {
      return TORCH_ZIP;
    }
    if (begins(start, PICKLE)) {
      return TORCH_STREAM;
    }
    // Eight bytes of length of which no header needs the upper four, then JSON.
    boolean length = start.length > 8 && (start[4] | start[5] | start[6] | start[7]) == 0;
    if (length && opensObject(start, 8)) {
      return SAFETENSORS;
    }
    return opensObject(start, begins(start, 0xEF, 0xBB, 0xBF) ? 3 : 0) ? JSON : UNKNOWN;
  }

  private static boolean begins(byte[] start, int... wanted) {
    if (start.length < wanted.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (start[i] != (byte) wanted[i]) {
        return false;
      }
    }
    return true;
  }

  private static boolean opensObject(byte[] start, int from) {
    int at = from;
    while (at < start.length && " \t\r\n".indexOf(start[at]) >= 0) {
      at++;
    }
    return at < start.length && start[at] == '{';
  }
}
