package dev.mmib.cuda;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Buffers of one computation on some device: the same numbers for the same seed. */
final class Work implements AutoCloseable {

  private final Backend device;
  private final Random random;
  private final List<Buffer> buffers = new ArrayList<>();

  Work(Backend device, long seed) {
    this.device = device;
    this.random = new Random(seed);
  }

  /** The next {@code n} numbers, from [−1, 1). */
  Buffer numbers(int n) {
    return of(floats(random, n));
  }

  static float[] floats(Random random, int n) {
    var values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = 2 * random.nextFloat() - 1;
    }
    return values;
  }

  Buffer of(float[] values) {
    var buffer = room(values.length);
    device.upload(values, 0, buffer, 0, values.length);
    return buffer;
  }

  /** A buffer for results. */
  Buffer room(int n) {
    var buffer = device.allocate(DType.F32, n);
    buffers.add(buffer);
    return buffer;
  }

  float[] read(Buffer buffer) {
    var values = new float[buffer.length()];
    device.download(buffer, 0, values, 0, values.length);
    return values;
  }

  @Override
  public void close() {
    buffers.forEach(Buffer::close);
  }
}
