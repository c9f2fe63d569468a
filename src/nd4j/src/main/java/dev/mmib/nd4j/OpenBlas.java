package dev.mmib.nd4j;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.host.PerThread;
import dev.mmib.cpu.Address;
import dev.mmib.cpu.OffHeapBuffer;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.bytedeco.openblas.global.openblas;

/**
 * The OpenBLAS that ND4J multiplies with, called without ND4J's arrays, each product by the thread
 * that asks for it.
 *
 * <p>A call costs a tenth of a microsecond, an operator of ND4J ten; and where our own threads
 * divide the work, the borders depend on sizes alone, which OpenBLAS' own threads do not promise.
 */
final class OpenBlas {

  /**
   * The number of OpenBLAS' threads is the process'. Products that want one share the first lock,
   * operators that want more take the second.
   */
  private static final ReadWriteLock THREADS = new ReentrantReadWriteLock();

  private static final PerThread<Addresses> ADDRESSES =
      new PerThread<>(() -> new Addresses(new Address(), new Address(), new Address()));

  private OpenBlas() {}

  /** Where a matrix lies in memory, one of its strides being 1. */
  record Matrix(long address, int rows, int cols, long rowStride, long colStride) {

    /** At the start of a buffer, to be read. */
    static Matrix read(Buffer buffer, int rows, int cols, long rowStride, long colStride) {
      long start = OffHeapBuffer.of(buffer).reading().address();
      return new Matrix(start, rows, cols, rowStride, colStride);
    }

    /** At the start of a buffer, to be written. */
    static Matrix write(Buffer buffer, int rows, int cols, long rowStride, long colStride) {
      long start = OffHeapBuffer.of(buffer).pointer().address();
      return new Matrix(start, rows, cols, rowStride, colStride);
    }

    /** From float {@code offset} of memory on, its rows one after another. */
    static Matrix at(long start, long offset, int rows, int cols) {
      return new Matrix(start + 4 * offset, rows, cols, cols, 1);
    }

    /** One of the same form that begins {@code elements} later. */
    Matrix at(long elements) {
      return new Matrix(address + 4 * elements, rows, cols, rowStride, colStride);
    }

    /** The rows {@code [from, to)}. */
    Matrix rows(int from, int to) {
      return new Matrix(address + 4 * from * rowStride, to - from, cols, rowStride, colStride);
    }

    /** The columns {@code [from, to)}. */
    Matrix cols(int from, int to) {
      return new Matrix(address + 4 * from * colStride, rows, to - from, rowStride, colStride);
    }

    private boolean turned() {
      return colStride != 1;
    }

    private int leading() {
      return (int) (turned() ? Math.max(colStride, rows) : Math.max(rowStride, cols));
    }
  }

  /** The addresses of a call, made once for each thread. */
  private record Addresses(Address a, Address b, Address c) {}

  /** Runs {@code products}, whose threads all call {@link #multiply}. */
  static void alone(Runnable products) {
    THREADS.readLock().lock();
    try {
      useThreads(1);
      products.run();
    } finally {
      THREADS.readLock().unlock();
    }
  }

  /** Runs an operator of ND4J that lets OpenBLAS use {@code threads} threads. */
  static void with(int threads, Runnable operator) {
    THREADS.writeLock().lock();
    try {
      useThreads(threads);
      operator.run();
    } finally {
      THREADS.writeLock().unlock();
    }
  }

  /** Setting the number takes longer than many a product, even if it stays the same. */
  private static void useThreads(int threads) {
    if (openblas.blas_get_num_threads() != threads) {
      openblas.blas_set_num_threads(threads);
    }
  }

  /** {@code c = alpha · a b + beta · c}; c has neighbouring columns. */
  static void multiply(double alpha, Matrix a, Matrix b, double beta, Matrix c) {
    Addresses addresses = ADDRESSES.ofThread();
    openblas.cblas_sgemm(
        openblas.CblasRowMajor,
        a.turned() ? openblas.CblasTrans : openblas.CblasNoTrans,
        b.turned() ? openblas.CblasTrans : openblas.CblasNoTrans,
        c.rows(),
        c.cols(),
        a.cols(),
        (float) alpha,
        addresses.a().set(a.address()),
        a.leading(),
        addresses.b().set(b.address()),
        b.leading(),
        (float) beta,
        addresses.c().set(c.address()),
        c.leading());
  }
}
