package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/** A buffer whose memory Java can address. */
public interface HostBuffer extends Buffer {

  /** The elements, if they are floats; throws once the buffer is closed. */
  FloatBuffer floats();

  /** The elements, if they are ints; throws once the buffer is closed. */
  IntBuffer ints();

  /** The elements of {@code buffer}, which must be floats of a host backend. */
  static FloatBuffer floats(Buffer buffer) {
    return host(buffer).floats();
  }

  /** The elements of {@code buffer}, which must be ints of a host backend. */
  static IntBuffer ints(Buffer buffer) {
    return host(buffer).ints();
  }

  private static HostBuffer host(Buffer buffer) {
    if (buffer instanceof HostBuffer host) {
      return host;
    }
    throw new IllegalArgumentException(
        "kernel: buffer of another device, got " + buffer.getClass().getSimpleName());
  }
}
