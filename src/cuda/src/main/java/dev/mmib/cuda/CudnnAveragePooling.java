package dev.mmib.cuda;

import static jcuda.jcudnn.JCudnn.cudnnCreatePoolingDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnDestroyPoolingDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnPoolingBackward;
import static jcuda.jcudnn.JCudnn.cudnnPoolingForward;
import static jcuda.jcudnn.JCudnn.cudnnSetPooling2dDescriptor;
import static jcuda.jcudnn.cudnnPoolingMode.CUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING;
import static jcuda.jcudnn.cudnnPoolingMode.CUDNN_POOLING_AVERAGE_COUNT_INCLUDE_PADDING;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.PoolingKernels.Pool2d;
import java.util.HashMap;
import java.util.Map;
import jcuda.jcudnn.cudnnNanPropagation;
import jcuda.jcudnn.cudnnPoolingDescriptor;
import jcuda.jcudnn.cudnnTensorDescriptor;

/** Average pooling by cuDNN. It keeps no argmax, so the largest of a window is a kernel of ours. */
final class CudnnAveragePooling implements AutoCloseable {

  private record Window(Pool2d pool, boolean countPadding) {}

  private final Cudnn cudnn;
  private final CudaStream stream;
  private final TensorDescriptors tensors = new TensorDescriptors();
  private final Map<Window, cudnnPoolingDescriptor> windows = new HashMap<>();

  CudnnAveragePooling(Cudnn cudnn) {
    this.cudnn = cudnn;
    this.stream = cudnn.stream();
  }

  private cudnnPoolingDescriptor window(Pool2d pool, boolean countPadding) {
    return windows.computeIfAbsent(new Window(pool, countPadding), CudnnAveragePooling::make);
  }

  private static cudnnPoolingDescriptor make(Window window) {
    var descriptor = new cudnnPoolingDescriptor();
    var pool = window.pool();
    Cudnn.check(cudnnCreatePoolingDescriptor(descriptor), "cudnnCreatePoolingDescriptor");
    Cudnn.check(
        cudnnSetPooling2dDescriptor(
            descriptor,
            window.countPadding()
                ? CUDNN_POOLING_AVERAGE_COUNT_INCLUDE_PADDING
                : CUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING,
            cudnnNanPropagation.CUDNN_PROPAGATE_NAN,
            pool.kernelHeight(),
            pool.kernelWidth(),
            pool.padHeight(),
            pool.padWidth(),
            pool.strideHeight(),
            pool.strideWidth()),
        "cudnnSetPooling2dDescriptor");
    return descriptor;
  }

  void forward(Pool2d pool, boolean countPadding, Buffer x, Buffer y) {
    var from = CudaBuffer.of(x, DType.F32);
    var to = CudaBuffer.of(y, DType.F32);
    to.written();
    if (stream.replaysInstead(fingerprint(8, pool, countPadding, from, to))) {
      return;
    }
    stream.enter();
    Cudnn.check(
        cudnnPoolingForward(
            cudnn.handle(),
            window(pool, countPadding),
            cudnn.scalars().one(),
            input(pool),
            from.pointer(),
            cudnn.scalars().zero(),
            output(pool),
            to.pointer()),
        "cudnnPoolingForward of " + pool);
  }

  /** {@code dx} from {@code dy}; cuDNN also wants x and y, which a mean does not depend on. */
  void backward(Pool2d pool, boolean countPadding, Buffer dy, Buffer dx) {
    var upstream = CudaBuffer.of(dy, DType.F32);
    var to = CudaBuffer.of(dx, DType.F32);
    to.written();
    if (stream.replaysInstead(fingerprint(9, pool, countPadding, upstream, to))) {
      return;
    }
    stream.enter();
    Cudnn.check(
        cudnnPoolingBackward(
            cudnn.handle(),
            window(pool, countPadding),
            cudnn.scalars().one(),
            output(pool),
            upstream.pointer(),
            output(pool),
            upstream.pointer(),
            input(pool),
            to.pointer(),
            cudnn.scalars().zero(),
            input(pool),
            to.pointer()),
        "cudnnPoolingBackward of " + pool);
  }

  private cudnnTensorDescriptor input(Pool2d pool) {
    return tensors.of(1, pool.planes(), pool.height(), pool.width());
  }

  private cudnnTensorDescriptor output(Pool2d pool) {
    return tensors.of(1, pool.planes(), pool.outHeight(), pool.outWidth());
  }

  private static long fingerprint(
      int call, Pool2d pool, boolean countPadding, CudaBuffer from, CudaBuffer to) {
    return Fingerprint.of(
        call, pool.hashCode(), countPadding ? 1 : 0, from.address(), to.address());
  }

  @Override
  public void close() {
    tensors.close();
    for (var window : windows.values()) {
      Cudnn.check(cudnnDestroyPoolingDescriptor(window), "cudnnDestroyPoolingDescriptor");
    }
  }
}
