package dev.mmib.cuda;

import static jcuda.driver.JCudaDriver.cuFuncSetAttribute;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import dev.mmib.backend.DType;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/**
 * A GPU with the one stream that all its work goes through, in order.
 *
 * <p>Kernels are launched by one thread at a time. Uploads and downloads may come from any thread;
 * while work is recorded or replayed, those of other threads wait.
 */
final class CudaStream implements AutoCloseable {

  private final CudaContext context;
  private final CUstream stream = new CUstream();
  private final CudaMemory memory;
  private final Transfers transfers;
  private final KernelArgs args;
  private final KernelFiles files;
  private final Recordings recordings;
  private final CudaBuffer zeroBase;
  private final ReentrantLock lock = new ReentrantLock();
  private final Opened opened;
  private volatile boolean closed;

  CudaStream(int ordinal) {
    try (var opening = new Opened()) {
      context = new CudaContext(ordinal);
      memory = opening.add(new CudaMemory(context), CudaMemory::close); // with it the context
      context.makeCurrent();
      Driver.check(cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING), "cuStreamCreate");
      opening.add(stream, s -> Driver.check(cuStreamDestroy(s), "cuStreamDestroy"));
      transfers = opening.add(new Transfers(this), Transfers::close);
      args = opening.add(new KernelArgs(), KernelArgs::close);
      files = opening.add(new KernelFiles(this, args), KernelFiles::close);
      zeroBase = opening.add(memory.allocateInternal(DType.I32, 2), CudaBuffer::close);
      recordings = opening.add(new Recordings(this), Recordings::close);
      opening.add(this, CudaStream::finish);
      transfers.upload(new int[2], 0, zeroBase, 0, 2);
      opened = opening.keep();
    }
  }

  CudaContext context() {
    return context;
  }

  /**
   * Makes the context current for this thread; to be called before the driver, cuBLAS or cuDNN are.
   * Refused once this is closed, when their handles are gone.
   */
  void enter() {
    if (closed) {
      throw new IllegalStateException("the backend of " + context.name() + " is closed");
    }
    context.makeCurrent();
  }

  CudaMemory memory() {
    return memory;
  }

  Transfers transfers() {
    return transfers;
  }

  CUstream handle() {
    return stream;
  }

  /** The same for cuBLAS and cuDNN. */
  cudaStream_t runtimeHandle() {
    return new cudaStream_t(stream);
  }

  /** Multiprocessors. */
  int processors() {
    return context.processors();
  }

  /** The kernel {@code name} of {@code kernels/file.cu}. */
  Kernel kernel(String file, String name) {
    return files.kernel(file, name);
  }

  /** A buffer that the backend keeps for itself: it counts in no report of memory. */
  CudaBuffer internal(DType type, int length) {
    return memory.allocateInternal(type, length);
  }

  /** A buffer for intermediate results; close it right after the launch that reads it. */
  CudaBuffer scratch(DType type, int length) {
    return memory.allocate(type, length);
  }

  void upload(int[] from, int offset, CudaBuffer to, int at, int length) {
    transfers.upload(from, offset, to, at, length);
  }

  void upload(float[] from, int offset, CudaBuffer to, int at, int length) {
    transfers.upload(from, offset, to, at, length);
  }

  void download(CudaBuffer from, int at, int[] to, int offset, int length) {
    transfers.download(from, at, to, offset, length);
  }

  void download(CudaBuffer from, int at, float[] to, int offset, int length) {
    transfers.download(from, at, to, offset, length);
  }

  /** The first {@code count} doubles of a buffer that holds doubles. */
  double[] downloadDoubles(CudaBuffer from, int count) {
    return transfers.downloadDoubles(from, count);
  }

  /** Held while something is put on the stream by a thread that launches no kernels. */
  ReentrantLock lock() {
    return lock;
  }

  /** The recording that this thread's calls belong to, or null. */
  @Nullable Recording recording() {
    return recordings.current();
  }

  /**
   * Whether a call to the device must be left out because a captured graph has it. To be asked
   * before every call of cuBLAS, cuDNN and the driver that computes or copies.
   *
   * @param fingerprint of the call and all its arguments
   */
  boolean replaysInstead(long fingerprint) {
    var recording = recordings.current();
    return recording != null && recording.replaysInstead(fingerprint);
  }

  /** Runs work, or replays what was recorded of it; see {@link dev.mmib.backend.Backend#repeat}. */
  <T extends @Nullable Object> T repeat(Object key, long randomPosition, Supplier<T> work) {
    return recordings.repeat(key, randomPosition, work);
  }

  /** Runs of recorded work so far that were graphs alone. */
  long replays() {
    return recordings.replays();
  }

  /** Where, in device memory, the number is that kernels add to the numbers of random streams. */
  long randomBase() {
    return recordings.randomBase(zeroBase);
  }

  /** The value of that number now. */
  long randomPosition() {
    return recordings.randomPosition();
  }

  void allowShared(CUfunction function, int bytes) {
    enter();
    Driver.check(
        cuFuncSetAttribute(
            function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes),
        "cuFuncSetAttribute");
  }

  void launch(
      CUfunction function,
      int number,
      KernelArgs arguments,
      int blocksX,
      int blocksY,
      int blocksZ,
      int threads,
      int sharedBytes) {
    var recording = recordings.current();
    if (recording != null) {
      long shape = Fingerprint.of(number, blocksX, blocksY, blocksZ, threads, sharedBytes);
      if (recording.replaysInstead(Fingerprint.of(shape, arguments.fingerprint()))) {
        return;
      }
    }
    enter();
    Driver.check(
        cuLaunchKernel(
            function,
            blocksX,
            blocksY,
            blocksZ,
            threads,
            1,
            1,
            sharedBytes,
            stream,
            arguments.pointer(),
            null),
        "cuLaunchKernel");
  }

  /** Waits until everything so far is done. */
  void synchronize() {
    enter();
    finish();
  }

  private void finish() {
    context.makeCurrent();
    Driver.check(cuStreamSynchronize(stream), "cuStreamSynchronize");
  }

  /** Ends everything once it is done; buffers that are still open may be closed later. */
  @Override
  public void close() {
    lock.lock(); // transfers of other threads end first
    try {
      closed = true;
      opened.close();
    } finally {
      lock.unlock();
    }
  }
}
