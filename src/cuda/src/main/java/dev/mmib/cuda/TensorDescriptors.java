package dev.mmib.cuda;

import static jcuda.jcudnn.JCudnn.cudnnCreateTensorDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnDestroyTensorDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnSetTensor4dDescriptor;

import java.util.HashMap;
import java.util.Map;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;

/** cuDNN's descriptors of float tensors [n, c, height, width], kept by shape. */
final class TensorDescriptors implements AutoCloseable {

  private record Shape4d(int n, int c, int height, int width) {}

  private final Map<Shape4d, cudnnTensorDescriptor> known = new HashMap<>();

  cudnnTensorDescriptor of(int n, int c, int height, int width) {
    return known.computeIfAbsent(new Shape4d(n, c, height, width), TensorDescriptors::make);
  }

  private static cudnnTensorDescriptor make(Shape4d shape) {
    var descriptor = new cudnnTensorDescriptor();
    Cudnn.check(cudnnCreateTensorDescriptor(descriptor), "cudnnCreateTensorDescriptor");
    Cudnn.check(
        cudnnSetTensor4dDescriptor(
            descriptor,
            cudnnTensorFormat.CUDNN_TENSOR_NCHW,
            cudnnDataType.CUDNN_DATA_FLOAT,
            shape.n(),
            shape.c(),
            shape.height(),
            shape.width()),
        "cudnnSetTensor4dDescriptor");
    return descriptor;
  }

  @Override
  public void close() {
    for (var descriptor : known.values()) {
      Cudnn.check(cudnnDestroyTensorDescriptor(descriptor), "cudnnDestroyTensorDescriptor");
    }
    known.clear();
  }
}
