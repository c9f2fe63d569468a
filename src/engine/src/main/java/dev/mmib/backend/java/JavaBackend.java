package dev.mmib.backend.java;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.MachineMemory;
import dev.mmib.backend.MemoryMeter;
import dev.mmib.backend.MemoryUse;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBackend;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.jspecify.annotations.Nullable;

/** The backend that needs nothing but Java: arrays on the heap, kernels of {@code backend.host}. */
public final class JavaBackend extends HostBackend {

  private final MemoryMeter meter = new MemoryMeter();

  public JavaBackend(int threads) {
    super(new Workers(threads));
  }

  @Override
  public String name() {
    return "java";
  }

  @Override
  public String description() {
    return "plain Java " + Runtime.version().feature() + ", " + workers().threads() + " threads";
  }

  @Override
  public Buffer allocate(DType type, int length) {
    return new HeapBuffer(type, length);
  }

  @Override
  public void upload(float[] from, int offset, Buffer to, int at, int length) {
    HostBuffer.floats(to).put(at, from, offset, length);
  }

  @Override
  public void download(Buffer from, int at, float[] to, int offset, int length) {
    HostBuffer.floats(from).get(at, to, offset, length);
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

  @Override
  public long availableBytes() {
    return MachineMemory.availableHeap();
  }

  @Override
  public long footprint(int length) {
    return MachineMemory.inRegions(4L * length);
  }

  private final class HeapBuffer implements HostBuffer {
    private final DType type;
    private final int length;
    private @Nullable FloatBuffer floats;
    private @Nullable IntBuffer ints;

    HeapBuffer(DType type, int length) {
      this.type = type;
      this.length = length;
      try {
        if (type == DType.F32) {
          floats = FloatBuffer.allocate(length);
        } else {
          ints = IntBuffer.allocate(length);
        }
      } catch (OutOfMemoryError e) { // one allocation that does not fit; the rest is as it was
        throw MmibException.of(
                ErrorCode.OUT_OF_MEMORY,
                "no memory for "
                    + length
                    + " elements of "
                    + type
                    + " on the Java heap, "
                    + (meter.use().liveBytes() >> 20)
                    + " MiB live",
                "Use a smaller batch or shorter texts, or raise -Xmx.")
            .causedBy(e);
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
    public FloatBuffer floats() {
      if (floats == null) {
        throw unusable(DType.F32);
      }
      return floats;
    }

    @Override
    public IntBuffer ints() {
      if (ints == null) {
        throw unusable(DType.I32);
      }
      return ints;
    }

    private IllegalStateException unusable(DType wanted) {
      return new IllegalStateException(
          type == wanted
              ? "buffer of " + length + " elements: used after its scope was closed"
              : "buffer of " + type + ": asked for " + wanted);
    }

    @Override
    public void close() {
      if (floats != null || ints != null) {
        floats = null;
        ints = null;
        meter.freed(4L * length);
      }
    }
  }
}
