package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.Dropout;
import java.util.function.Supplier;
import jcuda.driver.CUfunction;
import org.jspecify.annotations.Nullable;

/**
 * A kernel of ours. A launch takes its arguments one after another, in the order of the kernel's
 * parameters:
 *
 * <pre>{@code
 * softmax.in(x).out(y).value(rows).value(cols).launch(rows, 256);
 * }</pre>
 *
 * <p>Kernels of one stream share one block of arguments, so launches are begun and ended one by
 * one.
 */
final class Kernel {

  private static final int POINTWISE_THREADS = 256;

  /** Of a pointwise kernel: four elements at once are one access. */
  private static final int ELEMENTS_A_THREAD = 4;

  private final CudaStream stream;
  private final KernelArgs args;
  private final Supplier<Compiled> compiler;
  private final int number;
  private @Nullable Compiled compiled;
  private int sharedLimit = 48 * 1024;

  /** What the driver made of it. */
  record Compiled(CUfunction function, Signature signature) {}

  /**
   * A kernel of {@code stream}.
   *
   * @param number its own among all kernels of the stream
   */
  Kernel(CudaStream stream, KernelArgs args, Supplier<Compiled> compiler, int number) {
    this.stream = stream;
    this.args = args;
    this.compiler = compiler;
    this.number = number;
  }

  /** The kernel, compiled now if it has not been. */
  Compiled compiled() {
    var now = compiled;
    if (now == null) {
      now = compiler.get();
      compiled = now;
    }
    return now;
  }

  /** Floats that are read. */
  Kernel in(Buffer floats) {
    return read(floats, DType.F32);
  }

  Kernel inOrNull(@Nullable Buffer floats) {
    return floats == null ? pointer(0) : in(floats);
  }

  Kernel inInts(Buffer ints) {
    return read(ints, DType.I32);
  }

  /** Floats or ints that are read. */
  Kernel inAny(Buffer buffer) {
    return read(buffer, buffer.type());
  }

  /** Floats that are written, or read and written. */
  Kernel out(Buffer floats) {
    return written(floats, DType.F32);
  }

  Kernel outOrNull(@Nullable Buffer floats) {
    return floats == null ? pointer(0) : out(floats);
  }

  Kernel outInts(Buffer ints) {
    return written(ints, DType.I32);
  }

  /** Floats or ints that are written. */
  Kernel outAny(Buffer buffer) {
    return written(buffer, buffer.type());
  }

  private Kernel written(Buffer buffer, DType type) {
    read(buffer, type);
    CudaBuffer.of(buffer).written();
    return this;
  }

  private Kernel read(Buffer buffer, DType type) {
    long address;
    try {
      address = CudaBuffer.of(buffer, type).address();
    } catch (IllegalArgumentException | IllegalStateException e) {
      args.end(); // the launch will not come
      throw e;
    }
    return pointer(address);
  }

  private Kernel pointer(long address) {
    begin(8);
    args.add(address);
    return this;
  }

  Kernel value(int value) {
    begin(4);
    args.add(value);
    return this;
  }

  Kernel value(float value) {
    begin(4);
    args.add(value);
    return this;
  }

  Kernel value(long value) {
    begin(8);
    args.add(value);
    return this;
  }

  Kernel value(double value) {
    begin(8);
    args.add(value);
    return this;
  }

  /** The five parameters of dropout: threshold, scale, seed, stream, base. */
  Kernel dropout(Dropout dropout) {
    // uniform < p, in whole numbers: a word without its last 8 bits below p · 2^24.
    value((int) Math.ceil(dropout.p() * (1 << 24)));
    value((float) (1 / (1 - dropout.p())));
    // Where nothing is dropped nothing is drawn, and recorded launches must look alike.
    return random(dropout.seed(), dropout.isNone() ? stream.randomPosition() : dropout.stream());
  }

  /** The three parameters of random numbers: seed, stream, base. */
  Kernel random(long seed, long randomStream) {
    value(seed);
    value(randomStream - stream.randomPosition());
    return pointer(stream.randomBase());
  }

  private void begin(int bytes) {
    args.beginning(this);
    try {
      compiled().signature().require(args.count(), bytes);
    } catch (RuntimeException e) {
      args.end();
      throw e;
    }
  }

  /** Launches so many blocks of so many threads. */
  void launch(int blocks, int threads) {
    launch(blocks, 1, 1, threads, 0);
  }

  void launch(int blocks, int threads, int sharedBytes) {
    launch(blocks, 1, 1, threads, sharedBytes);
  }

  /** Launches; {@code sharedBytes} of dynamic shared memory a block. */
  void launch(int blocksX, int blocksY, int blocksZ, int threads, int sharedBytes) {
    args.beginning(this);
    try {
      var function = compiled().function();
      compiled().signature().requireAll(args.count());
      if (sharedBytes > sharedLimit) {
        stream.allowShared(function, sharedBytes);
        sharedLimit = sharedBytes;
      }
      stream.launch(function, number, args, blocksX, blocksY, blocksZ, threads, sharedBytes);
    } finally {
      args.end();
    }
  }

  /** Launches a pointwise kernel; does nothing for 0 elements. */
  void over(long elements) {
    if (elements == 0) {
      args.end();
      return;
    }
    int perBlock = POINTWISE_THREADS * ELEMENTS_A_THREAD;
    long most = 32L * stream.processors();
    launch((int) Math.min((elements + perBlock - 1) / perBlock, most), POINTWISE_THREADS);
  }

  @Override
  public String toString() {
    return compiled == null ? "number " + number : compiled.signature().name();
  }
}
