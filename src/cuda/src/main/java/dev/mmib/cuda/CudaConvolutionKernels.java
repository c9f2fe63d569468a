package dev.mmib.cuda;

import static jcuda.jcudnn.JCudnn.cudnnAddTensor;
import static jcuda.jcudnn.JCudnn.cudnnConvolutionBackwardData;
import static jcuda.jcudnn.JCudnn.cudnnConvolutionBackwardFilter;
import static jcuda.jcudnn.JCudnn.cudnnConvolutionForward;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Precision;
import dev.mmib.backend.kernel.ConvolutionKernels;
import java.util.LinkedHashMap;
import java.util.Map;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;

/** Convolutions by cuDNN; descriptors and algorithms are kept by shape. */
final class CudaConvolutionKernels implements ConvolutionKernels, AutoCloseable {

  /** More shapes than a ResNet-152 has, at several batch sizes. */
  private static final int MOST_PLANS = 512;

  private final Cudnn cudnn;
  private final CudaStream stream;
  private final Precision precision;
  private final Bfloat16 bfloat16;
  private final Map<Conv2d, ConvolutionPlan> plans = new LinkedHashMap<>(16, 0.75f, true);

  CudaConvolutionKernels(Cudnn cudnn, Precision precision, Bfloat16 bfloat16) {
    this.cudnn = cudnn;
    this.stream = cudnn.stream();
    this.precision = precision;
    this.bfloat16 = bfloat16;
  }

  private ConvolutionPlan plan(Conv2d conv) {
    stream.enter();
    var plan = plans.get(conv);
    if (plan == null) {
      if (plans.size() == MOST_PLANS) {
        var oldest = plans.values().iterator();
        oldest.next().close();
        oldest.remove();
      }
      plan = new ConvolutionPlan(cudnn, conv, precision);
      plans.put(conv, plan);
    }
    return plan;
  }

  /** An operand as cuDNN takes it. */
  private CudaBuffer operand(Buffer floats) {
    return precision == Precision.BF16 ? bfloat16.of(floats) : CudaBuffer.of(floats, DType.F32);
  }

  /** A call of cuDNN that fills {@code out}, in the type of its operands. */
  @FunctionalInterface
  private interface Call {
    void into(CudaBuffer out);
  }

  private void result(Buffer out, Call call) {
    var floats = CudaBuffer.of(out, DType.F32);
    if (precision != Precision.BF16) {
      floats.written();
      call.into(floats);
      return;
    }
    try (var rounded = bfloat16.scratch(floats.length())) {
      call.into(rounded);
      bfloat16.widen(rounded, floats);
    }
  }

  @Override
  public void forward(Conv2d conv, Buffer x, Buffer w, @Nullable Buffer bias, Buffer y) {
    var plan = plan(conv);
    var input = operand(x);
    var weights = operand(w);
    var shift = bias == null ? null : operand(bias);
    result(y, out -> forward(conv, plan, input, weights, shift, out));
  }

  private void forward(
      Conv2d conv,
      ConvolutionPlan plan,
      CudaBuffer x,
      CudaBuffer w,
      @Nullable CudaBuffer bias,
      CudaBuffer y) {
    var algorithm = plan.forward();
    var workspace = cudnn.workspace(algorithm.workspace());
    if (!isReplayed(2, conv, x, w, y, workspace)) {
      Cudnn.check(
          cudnnConvolutionForward(
              cudnn.handle(),
              cudnn.scalars().one(),
              plan.x,
              x.pointer(),
              plan.w,
              w.pointer(),
              plan.convolution,
              algorithm.number(),
              pointer(workspace),
              algorithm.workspace(),
              cudnn.scalars().zero(),
              plan.y,
              y.pointer()),
          "cudnnConvolutionForward of " + conv);
    }
    if (bias != null && !isReplayed(3, conv, bias, y, y, null)) {
      Cudnn.check(
          cudnnAddTensor(
              cudnn.handle(),
              cudnn.scalars().one(),
              plan.bias,
              bias.pointer(),
              cudnn.scalars().one(),
              plan.y,
              y.pointer()),
          "cudnnAddTensor of " + conv);
    }
  }

  @Override
  public void backwardData(Conv2d conv, Buffer dy, Buffer w, Buffer dx) {
    var plan = plan(conv);
    var upstream = operand(dy);
    var weights = operand(w);
    result(
        dx,
        out -> {
          var algorithm = plan.backwardData();
          var workspace = cudnn.workspace(algorithm.workspace());
          if (isReplayed(4, conv, upstream, weights, out, workspace)) {
            return;
          }
          Cudnn.check(
              cudnnConvolutionBackwardData(
                  cudnn.handle(),
                  cudnn.scalars().one(),
                  plan.w,
                  weights.pointer(),
                  plan.y,
                  upstream.pointer(),
                  plan.convolution,
                  algorithm.number(),
                  pointer(workspace),
                  algorithm.workspace(),
                  cudnn.scalars().zero(),
                  plan.x,
                  out.pointer()),
              "cudnnConvolutionBackwardData of " + conv);
        });
  }

  @Override
  public void backwardWeights(Conv2d conv, Buffer x, Buffer dy, Buffer dw) {
    var plan = plan(conv);
    var input = operand(x);
    var upstream = operand(dy);
    result(
        dw,
        out -> {
          var algorithm = plan.backwardWeights();
          var workspace = cudnn.workspace(algorithm.workspace());
          if (isReplayed(5, conv, input, upstream, out, workspace)) {
            return;
          }
          Cudnn.check(
              cudnnConvolutionBackwardFilter(
                  cudnn.handle(),
                  cudnn.scalars().one(),
                  plan.x,
                  input.pointer(),
                  plan.y,
                  upstream.pointer(),
                  plan.convolution,
                  algorithm.number(),
                  pointer(workspace),
                  algorithm.workspace(),
                  cudnn.scalars().zero(),
                  plan.w,
                  out.pointer()),
              "cudnnConvolutionBackwardFilter of " + conv);
        });
  }

  private boolean isReplayed(
      int call,
      Conv2d conv,
      CudaBuffer a,
      CudaBuffer b,
      CudaBuffer out,
      @Nullable CudaBuffer workspace) {
    return stream.replaysInstead(
        Fingerprint.of(
            call,
            conv.hashCode(),
            a.address(),
            b.address(),
            out.address(),
            workspace == null ? 0 : workspace.address()));
  }

  private static Pointer pointer(@Nullable CudaBuffer workspace) {
    return workspace == null ? new Pointer() : workspace.pointer();
  }

  @Override
  public void close() {
    plans.values().forEach(ConvolutionPlan::close);
  }
}
