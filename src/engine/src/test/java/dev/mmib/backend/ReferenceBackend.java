package dev.mmib.backend;

import dev.mmib.backend.reference.HostBackend;
import dev.mmib.backend.reference.HostBuffer;
import java.nio.DoubleBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * The plain-Java kernels in double precision: what every device is compared with.
 *
 * <p>The build makes them from the sources of {@code backend.host} by exchanging the type, so that
 * central differences of what they compute prove the derivatives of what users run.
 */
public final class ReferenceBackend extends HostBackend {

  private final MemoryMeter meter = new MemoryMeter();

  public ReferenceBackend() {
    this(2);
  }

  public ReferenceBackend(int threads) {
    super(new Workers(threads));
  }

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public String description() {
    return "plain Java in double precision";
  }

  @Override
  public Buffer allocate(DType type, int length) {
    return new ArrayBuffer(type, length);
  }

  /** A copy of the numbers of an F32 buffer, unrounded. */
  public double[] values(Buffer buffer) {
    var values = new double[buffer.length()];
    HostBuffer.floats(buffer).get(0, values);
    return values;
  }

  /** Overwrites an F32 buffer, without rounding to float. */
  public void set(Buffer buffer, double... values) {
    if (values.length != buffer.length()) {
      throw new IllegalArgumentException(
          "set: " + values.length + " values vs a buffer of " + buffer.length());
    }
    HostBuffer.floats(buffer).put(0, values);
  }

  @Override
  public void upload(float[] from, int offset, Buffer to, int at, int length) {
    Objects.checkFromIndexSize(at, length, to.length());
    var values = HostBuffer.floats(to);
    for (int i = 0; i < length; i++) {
      values.put(at + i, from[offset + i]);
    }
  }

  @Override
  public void download(Buffer from, int at, float[] to, int offset, int length) {
    Objects.checkFromIndexSize(at, length, from.length());
    var values = HostBuffer.floats(from);
    for (int i = 0; i < length; i++) {
      to[offset + i] = (float) values.get(at + i);
    }
  }

  @Override
  public void upload(int[] from, int offset, Buffer to, int at, int length) {
    HostBuffer.ints(to).put(at, from, offset, length);
  }

  @Override
  public void download(Buffer from, int at, int[] to, int offset, int length) {
    HostBuffer.ints(from).get(at, to, offset, length);
  }

  @Override
  public MemoryUse memory() {
    return meter.use();
  }

  private final class ArrayBuffer implements HostBuffer {
    private final DType type;
    private final int length;
    private final DoubleBuffer doubles;
    private final IntBuffer ints;
    private boolean closed;

    ArrayBuffer(DType type, int length) {
      this.type = type;
      this.length = length;
      this.doubles = DoubleBuffer.allocate(type == DType.F32 ? length : 0);
      this.ints = IntBuffer.allocate(type == DType.I32 ? length : 0);
      // Undefined content is not zero: a kernel that forgets to overwrite is to be noticed.
      if (type == DType.F32) {
        Arrays.fill(doubles.array(), Double.NaN);
      } else {
        Arrays.fill(ints.array(), Integer.MIN_VALUE);
      }
      meter.allocated(4L * length);
    }

    @Override
    public DType type() {
      return type;
    }

    @Override
    public int length() {
      return length;
    }

    @Override
    public DoubleBuffer floats() {
      requireUsable(DType.F32);
      return doubles;
    }

    @Override
    public IntBuffer ints() {
      requireUsable(DType.I32);
      return ints;
    }

    private void requireUsable(DType wanted) {
      if (closed) {
        throw new IllegalStateException("buffer: used after its scope was closed");
      }
      if (type != wanted) {
        throw new IllegalStateException("buffer of " + type + ": asked for " + wanted);
      }
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        meter.freed(4L * length);
      }
    }
  }
}
