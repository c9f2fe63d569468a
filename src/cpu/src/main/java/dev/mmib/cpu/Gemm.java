package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import java.util.function.IntConsumer;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * oneDNN's {@code sgemm}: a matrix product of any size, without a plan to be made first.
 *
 * <p>On x86-64 it is as fast as oneDNN's matmul primitive, which compiles more than a megabyte of
 * machine code for every choice of sizes; texts come in many lengths. Elsewhere it is a reference
 * loop.
 */
final class Gemm implements AutoCloseable {

  /** Where a matrix lies: from element {@code offset} of a buffer on. */
  record Place(Buffer buffer, long offset, int rows, int cols, long rowStride, long colStride) {}

  private final OneDnn oneDnn;
  private final Workers workers;
  private final @Nullable OpenMp single = OpenMp.of(1);

  Gemm(OneDnn oneDnn, Workers workers) {
    this.oneDnn = oneDnn;
    this.workers = workers;
  }

  /** An address inside a buffer, owning nothing. */
  private static final class At extends FloatPointer {
    At(Place place) {
      super((Pointer) null);
      this.address = OffHeapBuffer.of(place.buffer()).pointer().address() + 4 * place.offset();
    }
  }

  /** {@code c = alpha · a b + beta · c} by all threads; c has neighbouring columns. */
  void multiply(double alpha, Place a, Place b, double beta, Place c) {
    oneDnn.applyThreads((double) c.rows() * c.cols() * a.cols());
    call(alpha, a, b, beta, c);
  }

  /** Products that do not touch each other: each by one thread, where there are enough. */
  void forEach(int n, IntConsumer product) {
    OpenMp one = single;
    if (one == null || n < workers.threads()) {
      oneDnn.applyThreads(Double.MAX_VALUE); // few products: large ones, if any is
      for (int i = 0; i < n; i++) {
        product.accept(i);
      }
      return;
    }
    workers.forEach(
        n,
        1,
        (from, to) -> {
          one.apply();
          for (int i = from; i < to; i++) {
            product.accept(i);
          }
        });
  }

  /** {@code c = alpha · a b + beta · c} by as many threads as were set last. */
  static void call(double alpha, Place a, Place b, double beta, Place c) {
    int status =
        dnnl.dnnl_sgemm(
            order(a),
            order(b),
            c.rows(),
            c.cols(),
            a.cols(),
            (float) alpha,
            new At(a),
            leading(a),
            new At(b),
            leading(b),
            (float) beta,
            new At(c),
            leading(c));
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

  @Override
  public void close() {
    if (single != null) {
      single.close();
    }
  }
}
