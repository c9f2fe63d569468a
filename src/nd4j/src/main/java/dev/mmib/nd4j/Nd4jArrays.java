package dev.mmib.nd4j;

import dev.mmib.backend.Buffer;
import dev.mmib.cpu.OffHeapBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.common.config.ND4JClassLoading;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/** Buffers as ND4J's arrays, without copies, and ND4J's operators on them. */
final class Nd4jArrays {

  private final int threads;

  Nd4jArrays(int threads) {
    this.threads = threads;
  }

  /** Starts ND4J, which finds its own parts by the class loader of this class. */
  static void start() {
    ND4JClassLoading.setNd4jClassloaderFromClass(Nd4jArrays.class);
    Nd4j.getExecutioner();
  }

  /** {@code buffer} as an array of {@code shape}. */
  static INDArray dense(Buffer buffer, long... shape) {
    var strides = new long[shape.length];
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape[i];
    }
    return strided(buffer, 0, shape, strides);
  }

  /** A view of {@code buffer} that starts at element {@code offset}. */
  static INDArray strided(Buffer buffer, long offset, long[] shape, long[] strides) {
    OffHeapBuffer here = OffHeapBuffer.of(buffer);
    var start = new FloatPointer(here.pointer()).getPointer(offset);
    long last = 1;
    for (int i = 0; i < shape.length; i++) {
      last += (shape[i] - 1) * strides[i];
    }
    return Nd4j.create(
        Nd4j.createBuffer(start, last, DataType.FLOAT), shape, strides, 0, 'c', DataType.FLOAT);
  }

  /** Runs one of ND4J's operators with this backend's number of threads. */
  void run(DynamicCustomOp.DynamicCustomOpsBuilder op) {
    // OpenMP keeps the number of threads per thread, OpenBLAS per process.
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
    OpenBlas.with(threads, () -> Nd4j.exec(op.build()));
  }
}
