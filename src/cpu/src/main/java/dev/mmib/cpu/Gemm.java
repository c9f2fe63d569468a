package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.host.PerThread;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Pointer;

/**
 * oneDNN's {@code sgemm}: a matrix product of any size, without a plan to be made first.
 *
 * <p>On x86-64 it is as fast as oneDNN's matmul primitive, which compiles more than a megabyte of
 * machine code for every choice of sizes; texts come in many lengths. Elsewhere it is a reference
 * loop.
 */
final class Gemm {

  /** Where a matrix lies in memory that stays where it is while the product runs. */
  record Place(long address, int rows, int cols, long rowStride, long colStride) {

    /** From element {@code offset} of a buffer on, to be read. */
    static Place read(
        Buffer buffer, long offset, int rows, int cols, long rowStride, long colStride) {
      return at(OffHeapBuffer.of(buffer).reading(), offset, rows, cols, rowStride, colStride);
    }

    /** From element {@code offset} of a buffer on, to be written. */
    static Place write(
        Buffer buffer, long offset, int rows, int cols, long rowStride, long colStride) {
      return at(OffHeapBuffer.of(buffer).pointer(), offset, rows, cols, rowStride, colStride);
    }

    /** From float {@code offset} of memory on. */
    static Place at(
        Pointer start, long offset, int rows, int cols, long rowStride, long colStride) {
      return new Place(start.address() + 4 * offset, rows, cols, rowStride, colStride);
    }

    Place rows(int from, int to) {
      return new Place(address + 4 * from * rowStride, to - from, cols, rowStride, colStride);
    }

    Place cols(int from, int to) {
      return new Place(address + 4 * from * colStride, rows, to - from, rowStride, colStride);
    }
  }

  /** Floating-point operations that are worth a thread: some ten microseconds. */
  private static final double WORTH_A_THREAD = 2e6;

  private final OneDnn oneDnn;

  Gemm(OneDnn oneDnn) {
    this.oneDnn = oneDnn;
  }

  /** The addresses of a call, made once for each thread. */
  private record Addresses(Address a, Address b, Address c) {}

  private static final PerThread<Addresses> ADDRESSES =
      new PerThread<>(() -> new Addresses(new Address(), new Address(), new Address()));

  /**
   * {@code c = alpha · a b + beta · c} by all threads.
   *
   * @param orderA 'N' where rows lie {@code leadingA} apart, 'T' where columns do
   */
  void multiply(
      int rows,
      int cols,
      int inner,
      double alpha,
      long a,
      char orderA,
      long leadingA,
      long b,
      char orderB,
      long leadingB,
      double beta,
      long c,
      long leadingC) {
    boolean byRows = rows >= cols; // each thread packs the other factor for itself
    int extent = byRows ? rows : cols;
    int parts = threadsFor(rows, cols, inner);
    int size = Math.max(16, (extent + parts - 1) / parts);
    long stepA = byRows ? 4 * (orderA == 'N' ? leadingA : 1) : 0;
    long stepB = byRows ? 0 : 4 * (orderB == 'N' ? 1 : leadingB);
    long stepC = byRows ? 4 * leadingC : 4;
    oneDnn.forEach(
        (extent + size - 1) / size,
        part -> {
          int from = part * size;
          int count = Math.min(size, extent - from);
          call(
              byRows ? count : rows,
              byRows ? cols : count,
              inner,
              alpha,
              a + from * stepA,
              orderA,
              leadingA,
              b + from * stepB,
              orderB,
              leadingB,
              beta,
              c + from * stepC,
              leadingC);
        });
  }

  /** Products that do not touch each other, each by one thread. */
  void forEach(int n, IntConsumer product) {
    oneDnn.forEach(n, product);
  }

  /** The same by {@code threads} of them. */
  void forEach(int threads, int n, IntConsumer product) {
    if (threads > 1) {
      oneDnn.forEach(n, product);
    } else {
      oneDnn.forEach(1, only -> IntStream.range(0, n).forEach(product));
    }
  }

  /** How many threads a product of that size is worth. */
  int threadsFor(int rows, int cols, int inner) {
    return (int)
        Math.max(1, Math.min(oneDnn.threads(), 2.0 * rows * cols * inner / WORTH_A_THREAD));
  }

  /** {@code c = alpha · a b + beta · c} by the thread that calls. */
  static void call(double alpha, Place a, Place b, double beta, Place c) {
    call(
        c.rows(),
        c.cols(),
        a.cols(),
        alpha,
        a.address(),
        order(a),
        leading(a),
        b.address(),
        order(b),
        leading(b),
        beta,
        c.address(),
        leading(c));
  }

  /**
   * The same of addresses, for the many small products of attention: it makes no garbage.
   *
   * @param orderA 'N' where rows lie {@code leadingA} apart, 'T' where columns do
   */
  static void call(
      int rows,
      int cols,
      int inner,
      double alpha,
      long a,
      char orderA,
      long leadingA,
      long b,
      char orderB,
      long leadingB,
      double beta,
      long c,
      long leadingC) {
    Addresses addresses = ADDRESSES.ofThread();
    int status =
        dnnl.dnnl_sgemm(
            (byte) orderA,
            (byte) orderB,
            rows,
            cols,
            inner,
            (float) alpha,
            addresses.a().set(a),
            leadingA,
            addresses.b().set(b),
            leadingB,
            (float) beta,
            addresses.c().set(c),
            leadingC);
    if (status == dnnl.dnnl_out_of_memory) {
      throw MmibException.of(
          ErrorCode.OUT_OF_MEMORY,
          "oneDNN has no memory for a product of " + rows + " by " + cols,
          "Use a smaller batch, or leave the machine more memory.");
    }
    if (status != dnnl.dnnl_success) {
      throw new IllegalStateException(
          "gemm: oneDNN refuses, status "
              + status
              + " vs 0: ["
              + rows
              + ", "
              + inner
              + "] by ["
              + inner
              + ", "
              + cols
              + "]");
    }
  }

  private static char order(Place m) {
    return m.colStride() == 1 ? 'N' : 'T';
  }

  private static long leading(Place m) {
    return m.colStride() == 1
        ? Math.max(m.rowStride(), m.cols())
        : Math.max(m.colStride(), m.rows());
  }
}
