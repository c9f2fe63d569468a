package dev.mmib.nd4j;

import static dev.mmib.nd4j.Nd4jArrays.dense;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ConvolutionKernels;
import dev.mmib.cpu.OffHeapBuffer;
import dev.mmib.cpu.OffHeapMemory;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;

/**
 * Convolutions by ND4J's {@code conv2d} and {@code conv2d_bp}.
 *
 * <p>ND4J has no groups, and fails on dilation with much padding: those convolutions, and those of
 * nothing, are the host's. Its backward operator gives both gradients at once; the one that was not
 * asked for is thrown away.
 */
final class Nd4jConvolutionKernels implements ConvolutionKernels {

  private final Nd4jArrays nd4j;
  private final OffHeapMemory memory;
  private final ConvolutionKernels host;

  Nd4jConvolutionKernels(Nd4jArrays nd4j, OffHeapMemory memory, ConvolutionKernels host) {
    this.nd4j = nd4j;
    this.memory = memory;
    this.host = host;
  }

  private static boolean isForHost(Conv2d c) {
    return c.groups() != 1
        || c.dilationHeight() != 1
        || c.dilationWidth() != 1
        || c.batch() == 0
        || c.inChannels() == 0
        || c.outChannels() == 0
        || c.outHeight() <= 0
        || c.outWidth() <= 0;
  }

  @Override
  public void forward(Conv2d conv, Buffer x, Buffer w, @Nullable Buffer bias, Buffer y) {
    if (isForHost(conv)) {
      host.forward(conv, x, w, bias, y);
      return;
    }
    INDArray[] inputs =
        bias == null
            ? new INDArray[] {inputs(conv, x), weights(conv, w)}
            : new INDArray[] {inputs(conv, x), weights(conv, w), dense(bias, conv.outChannels())};
    nd4j.run(
        DynamicCustomOp.builder("conv2d")
            .addInputs(inputs)
            .addOutputs(outputs(conv, y))
            .addIntegerArguments(arguments(conv)));
  }

  @Override
  public void backwardData(Conv2d conv, Buffer dy, Buffer w, Buffer dx) {
    if (isForHost(conv)) {
      host.backwardData(conv, dy, w, dx);
      return;
    }
    try (OffHeapBuffer x = memory.allocate(DType.F32, dx.length());
        OffHeapBuffer dw = memory.allocate(DType.F32, w.length())) {
      zero(x); // only its shape matters, but no NaN may come of what lay there
      backward(conv, x, w, dy, dx, dw);
    }
  }

  @Override
  public void backwardWeights(Conv2d conv, Buffer x, Buffer dy, Buffer dw) {
    if (isForHost(conv)) {
      host.backwardWeights(conv, x, dy, dw);
      return;
    }
    try (OffHeapBuffer w = memory.allocate(DType.F32, dw.length());
        OffHeapBuffer dx = memory.allocate(DType.F32, x.length())) {
      zero(w);
      backward(conv, x, w, dy, dx, dw);
    }
  }

  private static void zero(OffHeapBuffer buffer) {
    org.bytedeco.javacpp.Pointer.memset(buffer.pointer(), 0, 4L * buffer.length());
  }

  private void backward(Conv2d conv, Buffer x, Buffer w, Buffer dy, Buffer dx, Buffer dw) {
    nd4j.run(
        DynamicCustomOp.builder("conv2d_bp")
            .addInputs(inputs(conv, x), weights(conv, w), outputs(conv, dy))
            .addOutputs(inputs(conv, dx), weights(conv, dw))
            .addIntegerArguments(arguments(conv)));
  }

  private static INDArray inputs(Conv2d c, Buffer buffer) {
    return dense(buffer, c.batch(), c.inChannels(), c.height(), c.width());
  }

  private static INDArray weights(Conv2d c, Buffer buffer) {
    return dense(buffer, c.outChannels(), c.inChannels(), c.kernelHeight(), c.kernelWidth());
  }

  private static INDArray outputs(Conv2d c, Buffer buffer) {
    return dense(buffer, c.batch(), c.outChannels(), c.outHeight(), c.outWidth());
  }

  private static int[] arguments(Conv2d c) {
    return new int[] {
      c.kernelHeight(),
      c.kernelWidth(),
      c.strideHeight(),
      c.strideWidth(),
      c.padHeight(),
      c.padWidth(),
      c.dilationHeight(),
      c.dilationWidth(),
      0, // padding as given
      0, // NCHW
      1 // weights are [out, in, height, width]
    };
  }
}
