package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.ByteSource;
import dev.mmib.backend.DType;
import dev.mmib.backend.MemoryUse;
import dev.mmib.backend.Workers;
import dev.mmib.backend.host.HostBackend;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.ElementwiseKernels;
import dev.mmib.backend.kernel.NormKernels;
import java.util.Objects;

/**
 * A host backend whose buffers native libraries can work on in place.
 *
 * <p>Needs JavaCPP's own small native library and no other; subclasses replace the kernels that
 * their library serves better.
 */
public abstract class OffHeapBackend extends HostBackend {

  private static final int SMALLEST_PIECE = 1 << 18;

  private final OffHeapMemory memory;
  private final ElementwiseKernels elementwise;
  private final NormKernels norm;

  /** Takes over both arguments: they are closed with the backend. */
  protected OffHeapBackend(Workers workers, OffHeapMemory memory) {
    super(workers);
    this.memory = memory;
    this.elementwise = new VectorElementwiseKernels(workers, memory, super.elementwise());
    this.norm = new VectorNormKernels(workers);
  }

  /** Where the buffers come from. */
  public final OffHeapMemory offHeap() {
    return memory;
  }

  @Override
  public ElementwiseKernels elementwise() {
    return elementwise;
  }

  @Override
  public NormKernels norm() {
    return norm;
  }

  @Override
  public final Buffer allocate(DType type, int length) {
    return memory.allocate(type, length);
  }

  @Override
  public final void upload(float[] from, int offset, Buffer to, int at, int length) {
    HostBuffer.floats(to).put(at, from, offset, length);
  }

  @Override
  public final void upload(ByteSource from, Buffer to, int at, int length) {
    Objects.checkFromIndexSize(at, length, to.length());
    var target = OffHeapBuffer.of(to);
    // Reading is copying to pages that are touched for the first time: two threads do it faster.
    int piece = Math.max(SMALLEST_PIECE, (length + workers().threads() - 1) / workers().threads());
    workers()
        .forEach(
            length, piece, (begin, end) -> from.read(begin, target.bytes(at + begin, end - begin)));
  }

  @Override
  public final void download(Buffer from, int at, float[] to, int offset, int length) {
    OffHeapBuffer.of(from).read(at, to, offset, length);
  }

  @Override
  public final void upload(int[] from, int offset, Buffer to, int at, int length) {
    HostBuffer.ints(to).put(at, from, offset, length);
  }

  @Override
  public final void download(Buffer from, int at, int[] to, int offset, int length) {
    HostBuffer.ints(from).get(at, to, offset, length);
  }

  @Override
  public final MemoryUse memory() {
    return memory.use();
  }

  @Override
  public final long availableBytes() {
    return memory.availableBytes();
  }

  @Override
  public final long footprint(int length) {
    return OffHeapMemory.blockSize(4L * length) + OffHeapMemory.ALIGNMENT;
  }

  @Override
  public void close() {
    super.close();
    memory.close();
  }
}
