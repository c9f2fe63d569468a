package dev.mmib.backend;

import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.ConvolutionKernels;
import dev.mmib.backend.kernel.CrfKernels;
import dev.mmib.backend.kernel.ElementwiseKernels;
import dev.mmib.backend.kernel.LayoutKernels;
import dev.mmib.backend.kernel.LookupKernels;
import dev.mmib.backend.kernel.LossKernels;
import dev.mmib.backend.kernel.MatMulKernels;
import dev.mmib.backend.kernel.NormKernels;
import dev.mmib.backend.kernel.OptimizerKernels;
import dev.mmib.backend.kernel.PoolingKernels;
import dev.mmib.backend.kernel.RandomKernels;
import dev.mmib.backend.kernel.ReductionKernels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A device: memory, and the kernels that run on it.
 *
 * <p>Kernels know nothing of tensors, shapes or gradients; they see flat buffers and sizes.
 * Allocation may happen on any thread; kernels are called by one thread at a time.
 */
public interface Backend extends AutoCloseable {

  /** The name users type, such as {@code cpu} or {@code cuda:1}. */
  String name();

  /** What serves it, with versions: {@code "oneDNN 3.11, AVX-512, 2 threads"}. */
  String description();

  /** Whether its arithmetic serves training; scopes of training refuse a device that does not. */
  default boolean trains() {
    return true;
  }

  /** Allocates {@code length} elements of undefined content. */
  Buffer allocate(DType type, int length);

  /** {@code to[at .. at+length) = from[offset .. offset+length)}. */
  void upload(float[] from, int offset, Buffer to, int at, int length);

  /**
   * {@code to[at .. at+length) = from[0 .. length)}, numbers of the buffer's type. Devices whose
   * memory Java can address let them come straight in.
   */
  default void upload(ByteSource from, Buffer to, int at, int length) {
    Objects.checkFromIndexSize(at, length, to.length());
    int most = Math.min(1 << 16, length);
    var bytes = ByteBuffer.allocate(4 * most).order(ByteOrder.nativeOrder());
    var floats = new float[to.type() == DType.F32 ? most : 0];
    var ints = new int[to.type() == DType.F32 ? 0 : most];
    for (int done = 0; done < length; done += most) {
      int count = Math.min(most, length - done);
      from.read(done, bytes.clear().limit(4 * count));
      if (to.type() == DType.F32) {
        bytes.flip().asFloatBuffer().get(floats, 0, count);
        upload(floats, 0, to, at + done, count);
      } else {
        bytes.flip().asIntBuffer().get(ints, 0, count);
        upload(ints, 0, to, at + done, count);
      }
    }
  }

  /** {@code to[offset .. offset+length) = from[at .. at+length)}; waits for pending kernels. */
  void download(Buffer from, int at, float[] to, int offset, int length);

  /** The same for {@link DType#I32}. */
  void upload(int[] from, int offset, Buffer to, int at, int length);

  /** The same for {@link DType#I32}. */
  void download(Buffer from, int at, int[] to, int offset, int length);

  MemoryUse memory();

  /** Bytes that more buffers can take now; {@link Long#MAX_VALUE} where nobody knows. */
  default long availableBytes() {
    return Long.MAX_VALUE;
  }

  /** What a buffer of so many elements takes of them, with all rounding. */
  default long footprint(int length) {
    return 4L * length;
  }

  ElementwiseKernels elementwise();

  ReductionKernels reduction();

  LayoutKernels layout();

  LookupKernels lookup();

  MatMulKernels matmul();

  AttentionKernels attention();

  NormKernels norm();

  ConvolutionKernels convolution();

  PoolingKernels pooling();

  RandomKernels random();

  LossKernels loss();

  CrfKernels crf();

  OptimizerKernels optimizer();

  /**
   * Runs work of a fixed shape. A device may record it at its first runs and replay the recording
   * later, with equal results; one that cannot record just runs it.
   *
   * <p>All that changes between the runs of one key must be uploaded within the work, and its
   * random streams must be drawn from {@code randomPosition} on, in the same order. Transfers of
   * other threads may have to wait for its end, so it must not wait for them.
   *
   * @param key what the work is and every shape in it, compared by {@code equals}
   * @param randomPosition the first random stream that the work draws
   */
  default <T extends @Nullable Object> T repeat(Object key, long randomPosition, Supplier<T> work) {
    return work.get();
  }

  /**
   * Another backend of the same device and precision, of one thread, which can compute while this
   * one does something else; whoever asks closes it. Null where two would disturb each other, or
   * where nothing is to be gained by trying kernels before they are needed.
   */
  default @Nullable Backend understudy() {
    return null;
  }

  /** Frees what the backend itself holds; buffers still open are a bug of their owner. */
  @Override
  void close();
}
