package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.function.IntConsumer;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * oneDNN's {@code sgemm}: a matrix product of any size, without a plan to be made first.
 *
 * <p>On x86-64 it is as fast as oneDNN's matmul primitive, which compiles more than a megabyte of
 * machine code for every choice of sizes; texts come in many lengths. Elsewhere it is a reference
 * loop.
 */
final class Gemm {

  /** Where a matrix lies: from element {@code offset} of a buffer on. */
  record Place(Buffer buffer, long offset, int rows, int cols, long rowStride, long colStride) {

    Place rows(int from, int to) {
      return new Place(buffer, offset + from * rowStride, to - from, cols, rowStride, colStride);
    }

    Place cols(int from, int to) {
      return new Place(buffer, offset + from * colStride, rows, to - from, rowStride, colStride);
    }
  }

  /** Floating-point operations that are worth a thread: some ten microseconds. */
  private static final double WORTH_A_THREAD = 2e6;

  private final OneDnn oneDnn;

  Gemm(OneDnn oneDnn) {
    this.oneDnn = oneDnn;
  }

  /** An address inside a buffer, owning nothing. */
  private static final class At extends FloatPointer {
    private At(BytePointer start, Place place) {
      super((Pointer) null);
      this.address = start.address() + 4 * place.offset();
    }

    static At reading(Place place) {
      return new At(OffHeapBuffer.of(place.buffer()).reading(), place);
    }

    static At writing(Place place) {
      return new At(OffHeapBuffer.of(place.buffer()).pointer(), place);
    }
  }

  /** {@code c = alpha · a b + beta · c} by all threads; c has neighbouring columns. */
  void multiply(double alpha, Place a, Place b, double beta, Place c) {
    double work = 2.0 * c.rows() * c.cols() * a.cols();
    boolean byRows = c.rows() >= c.cols(); // each thread packs the other factor for itself
    int extent = byRows ? c.rows() : c.cols();
    int parts = (int) Math.max(1, Math.min(oneDnn.threads(), work / WORTH_A_THREAD));
    int size = Math.max(16, (extent + parts - 1) / parts);
    oneDnn.forEach(
        (extent + size - 1) / size,
        part -> {
          int from = part * size;
          int to = Math.min(extent, from + size);
          if (byRows) {
            call(alpha, a.rows(from, to), b, beta, c.rows(from, to));
          } else {
            call(alpha, a, b.cols(from, to), beta, c.cols(from, to));
          }
        });
  }

  /** Products that do not touch each other, each by one thread. */
  void forEach(int n, IntConsumer product) {
    oneDnn.forEach(n, product);
  }

  /** {@code c = alpha · a b + beta · c} by the thread that calls. */
  static void call(double alpha, Place a, Place b, double beta, Place c) {
    int status =
        dnnl.dnnl_sgemm(
            order(a),
            order(b),
            c.rows(),
            c.cols(),
            a.cols(),
            (float) alpha,
            At.reading(a),
            leading(a),
            At.reading(b),
            leading(b),
            (float) beta,
            At.writing(c),
            leading(c));
    if (status == dnnl.dnnl_out_of_memory) {
      throw MmibException.of(
          ErrorCode.OUT_OF_MEMORY,
          "oneDNN has no memory for a product of " + c.rows() + " by " + c.cols(),
          "Use a smaller batch, or leave the machine more memory.");
    }
    if (status != dnnl.dnnl_success) {
      throw new IllegalStateException("gemm: oneDNN refuses, status " + status + " vs 0: " + c);
    }
  }

  private static byte order(Place m) {
    return (byte) (m.colStride() == 1 ? 'N' : 'T');
  }

  private static long leading(Place m) {
    return m.colStride() == 1
        ? Math.max(m.rowStride(), m.cols())
        : Math.max(m.colStride(), m.rows());
  }
}
