package dev.mmib.cuda;

import static jcuda.jcudnn.JCudnn.cudnnCreateConvolutionDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnCreateFilterDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnCreateTensorDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnDestroyConvolutionDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnDestroyFilterDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnDestroyTensorDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionBackwardDataAlgorithm_v7;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionBackwardFilterAlgorithm_v7;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionForwardAlgorithm_v7;
import static jcuda.jcudnn.JCudnn.cudnnSetConvolution2dDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnSetConvolutionGroupCount;
import static jcuda.jcudnn.JCudnn.cudnnSetConvolutionMathType;
import static jcuda.jcudnn.JCudnn.cudnnSetFilter4dDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnSetTensor4dDescriptor;

import dev.mmib.backend.Precision;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.function.Supplier;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnDeterminism;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;
import org.jspecify.annotations.Nullable;

/** One convolution's descriptors and, chosen at first use, its three algorithms. */
final class ConvolutionPlan implements AutoCloseable {

  /** An algorithm of cuDNN and the bytes of workspace that it takes. */
  record Algorithm(int number, long workspace) {}

  /** cuDNN has fewer. */
  private static final int MOST_ALGORITHMS = 16;

  /** What one buffer holds, with room. */
  private static final long MOST_WORKSPACE = 4L << 30;

  private static final int NCHW = cudnnTensorFormat.CUDNN_TENSOR_NCHW;

  /** {@code CUDNN_DATA_BFLOAT16}. */
  private static final int BFLOAT16 = 9;

  private final Cudnn cudnn;
  private final Conv2d conv;
  final cudnnTensorDescriptor x = new cudnnTensorDescriptor();
  final cudnnTensorDescriptor y = new cudnnTensorDescriptor();
  final cudnnTensorDescriptor bias = new cudnnTensorDescriptor();
  final cudnnFilterDescriptor w = new cudnnFilterDescriptor();
  final cudnnConvolutionDescriptor convolution = new cudnnConvolutionDescriptor();
  private @Nullable Algorithm forward;
  private @Nullable Algorithm backwardData;
  private @Nullable Algorithm backwardWeights;

  ConvolutionPlan(Cudnn cudnn, Conv2d conv, Precision precision) {
    this.cudnn = cudnn;
    this.conv = conv;
    int type = precision == Precision.BF16 ? BFLOAT16 : cudnnDataType.CUDNN_DATA_FLOAT;
    tensor(x, type, conv.batch(), conv.inChannels(), conv.height(), conv.width());
    tensor(y, type, conv.batch(), conv.outChannels(), conv.outHeight(), conv.outWidth());
    tensor(bias, type, 1, conv.outChannels(), 1, 1);
    Cudnn.check(cudnnCreateFilterDescriptor(w), "cudnnCreateFilterDescriptor");
    Cudnn.check(
        cudnnSetFilter4dDescriptor(
            w,
            type,
            NCHW,
            conv.outChannels(),
            conv.inChannels() / conv.groups(),
            conv.kernelHeight(),
            conv.kernelWidth()),
        "cudnnSetFilter4dDescriptor");
    describeConvolution(precision);
  }

  private static void tensor(
      cudnnTensorDescriptor descriptor, int type, int n, int c, int height, int width) {
    Cudnn.check(cudnnCreateTensorDescriptor(descriptor), "cudnnCreateTensorDescriptor");
    Cudnn.check(
        cudnnSetTensor4dDescriptor(descriptor, NCHW, type, n, c, height, width),
        "cudnnSetTensor4dDescriptor");
  }

  private void describeConvolution(Precision precision) {
    Cudnn.check(cudnnCreateConvolutionDescriptor(convolution), "cudnnCreateConvolutionDescriptor");
    Cudnn.check(
        cudnnSetConvolution2dDescriptor(
            convolution,
            conv.padHeight(),
            conv.padWidth(),
            conv.strideHeight(),
            conv.strideWidth(),
            conv.dilationHeight(),
            conv.dilationWidth(),
            cudnnConvolutionMode.CUDNN_CROSS_CORRELATION,
            cudnnDataType.CUDNN_DATA_FLOAT),
        "cudnnSetConvolution2dDescriptor");
    Cudnn.check(
        cudnnSetConvolutionGroupCount(convolution, conv.groups()), "cudnnSetConvolutionGroupCount");
    // By its default cuDNN rounds floats to TF32.
    int math =
        switch (precision) {
          case FP32 -> cudnnMathType.CUDNN_FMA_MATH;
          case TF32 -> cudnnMathType.CUDNN_DEFAULT_MATH;
          case BF16 -> cudnnMathType.CUDNN_TENSOR_OP_MATH;
          case INT8 -> throw new IllegalArgumentException("cuda: INT8 vs FP32, TF32, BF16");
        };
    Cudnn.check(cudnnSetConvolutionMathType(convolution, math), "cudnnSetConvolutionMathType");
  }

  Algorithm forward() {
    var chosen = forward;
    if (chosen == null) {
      var found = new cudnnConvolutionFwdAlgoPerf[MOST_ALGORITHMS];
      var count = new int[1];
      fill(found, cudnnConvolutionFwdAlgoPerf::new);
      Cudnn.check(
          cudnnGetConvolutionForwardAlgorithm_v7(
              cudnn.handle(), x, w, convolution, y, found.length, count, found),
          "cudnnGetConvolutionForwardAlgorithm_v7");
      for (int i = 0; i < count[0] && chosen == null; i++) {
        var f = found[i];
        chosen = choose(f.status, f.determinism, f.algo, f.memory);
      }
      forward = required(chosen);
    }
    return required(forward);
  }

  Algorithm backwardData() {
    var chosen = backwardData;
    if (chosen == null) {
      var found = new cudnnConvolutionBwdDataAlgoPerf[MOST_ALGORITHMS];
      var count = new int[1];
      fill(found, cudnnConvolutionBwdDataAlgoPerf::new);
      Cudnn.check(
          cudnnGetConvolutionBackwardDataAlgorithm_v7(
              cudnn.handle(), w, y, convolution, x, found.length, count, found),
          "cudnnGetConvolutionBackwardDataAlgorithm_v7");
      for (int i = 0; i < count[0] && chosen == null; i++) {
        var f = found[i];
        chosen = choose(f.status, f.determinism, f.algo, f.memory);
      }
      backwardData = required(chosen);
    }
    return required(backwardData);
  }

  Algorithm backwardWeights() {
    var chosen = backwardWeights;
    if (chosen == null) {
      var found = new cudnnConvolutionBwdFilterAlgoPerf[MOST_ALGORITHMS];
      var count = new int[1];
      fill(found, cudnnConvolutionBwdFilterAlgoPerf::new);
      Cudnn.check(
          cudnnGetConvolutionBackwardFilterAlgorithm_v7(
              cudnn.handle(), x, y, convolution, w, found.length, count, found),
          "cudnnGetConvolutionBackwardFilterAlgorithm_v7");
      for (int i = 0; i < count[0] && chosen == null; i++) {
        var f = found[i];
        chosen = choose(f.status, f.determinism, f.algo, f.memory);
      }
      backwardWeights = required(chosen);
    }
    return required(backwardWeights);
  }

  private static <T> void fill(T[] all, Supplier<T> fresh) {
    for (int i = 0; i < all.length; i++) {
      all[i] = fresh.get();
    }
  }

  /** The algorithm if it works here and always sums in the same order, or null. */
  private @Nullable Algorithm choose(int status, int determinism, int number, long workspace) {
    boolean same = determinism == cudnnDeterminism.CUDNN_DETERMINISTIC;
    boolean fits =
        workspace <= MOST_WORKSPACE && workspace <= cudnn.stream().memory().availableBytes() / 2;
    return status == 0 && fits && same ? new Algorithm(number, workspace) : null;
  }

  private Algorithm required(@Nullable Algorithm chosen) {
    if (chosen == null) {
      throw MmibException.of(
          ErrorCode.DEVICE,
          "cuda: cuDNN has no deterministic algorithm with room for its workspace for " + conv,
          "Use a smaller batch of pictures.");
    }
    return chosen;
  }

  @Override
  public void close() {
    for (var tensor : new cudnnTensorDescriptor[] {x, y, bias}) {
      Cudnn.check(cudnnDestroyTensorDescriptor(tensor), "cudnnDestroyTensorDescriptor");
    }
    Cudnn.check(cudnnDestroyFilterDescriptor(w), "cudnnDestroyFilterDescriptor");
    Cudnn.check(
        cudnnDestroyConvolutionDescriptor(convolution), "cudnnDestroyConvolutionDescriptor");
  }
}
