package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.ConvolutionKernels;
import java.util.ArrayList;
import java.util.Collections;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions by oneDNN: where the channels allow it, of pictures that stay in {@link
 * ChannelBlocks}; else in the layouts that it likes best, with reorders from and to NCHW.
 *
 * <p>Convolutions of nothing are left to the host kernels.
 */
final class OneDnnConvolutionKernels implements ConvolutionKernels, AutoCloseable {

  private final OneDnn oneDnn;
  private final ConvolutionKernels host;
  private final BlockedConvolutions blocked;
  private final WinogradConvolutions winograd;

  OneDnnConvolutionKernels(OneDnn oneDnn, Arranger arranger, ConvolutionKernels host) {
    this.oneDnn = oneDnn;
    this.host = host;
    this.blocked = new BlockedConvolutions(oneDnn, arranger);
    this.winograd = new WinogradConvolutions(oneDnn, arranger);
  }

  private enum Pass {
    FORWARD,
    FORWARD_BIAS,
    DATA,
    WEIGHTS
  }

  private record Key(Pass pass, Conv2d conv) {}

  private static double work(Conv2d c) {
    return (double) c.batch()
        * c.outChannels()
        * c.outHeight()
        * c.outWidth()
        * (c.inChannels() / c.groups())
        * c.kernelHeight()
        * c.kernelWidth();
  }

  private static boolean empty(Conv2d c) {
    return c.batch() == 0
        || c.inChannels() == 0
        || c.outChannels() == 0
        || c.outHeight() <= 0
        || c.outWidth() <= 0;
  }

  @Override
  public void forward(Conv2d conv, Buffer x, Buffer w, @Nullable Buffer bias, Buffer y) {
    if (empty(conv)) {
      host.forward(conv, x, w, bias, y);
      return;
    }
    var shift = bias == null ? null : OffHeapBuffer.of(bias);
    if (winograd.servesOnce(conv)) {
      winograd.forward(conv, OffHeapBuffer.of(x), OffHeapBuffer.of(w), shift, OffHeapBuffer.of(y));
      return;
    }
    var form = blocked.form(BlockedConvolution.Pass.FORWARD, conv, bias != null);
    if (blocked.serves(form)) {
      blocked.forward(form, OffHeapBuffer.of(x), OffHeapBuffer.of(w), shift, OffHeapBuffer.of(y));
    } else if (bias == null) {
      plan(Pass.FORWARD, conv).run(x, w, y);
    } else {
      plan(Pass.FORWARD_BIAS, conv).run(x, w, y, bias);
    }
  }

  @Override
  public boolean folds(Conv2d conv) {
    return !empty(conv) && blocked.folded(conv, true, true).fits(); // by the sizes alone
  }

  @Override
  public Room room(Conv2d conv, boolean residual) {
    int patch = conv.inChannels() * conv.kernelHeight() * conv.kernelWidth();
    int weights = conv.outChannels() * patch;
    return goesByWinograd(conv, residual)
        ? WinogradConvolutions.room(conv)
        : new Room(weights + conv.outChannels(), weights, 0);
  }

  @Override
  public int passingLength(Conv2d conv) {
    return winograd.servesOnce(conv) ? WinogradConvolutions.roomOnce(conv) : 0;
  }

  private boolean goesByWinograd(Conv2d conv, boolean residual) {
    return !residual && winograd.serves(conv);
  }

  @Override
  public void normalized(
      Conv2d conv,
      Buffer x,
      Buffer w,
      Norm norm,
      @Nullable Buffer residual,
      boolean relu,
      Buffer y) {
    var folded = FoldedNorm.of(OffHeapBuffer.of(w), norm);
    if (goesByWinograd(conv, residual != null)) {
      winograd.folded(conv, OffHeapBuffer.of(x), folded, relu, OffHeapBuffer.of(y));
      return;
    }
    blocked.folded(
        blocked.folded(conv, residual != null, relu),
        OffHeapBuffer.of(x),
        folded,
        residual == null ? null : OffHeapBuffer.of(residual),
        OffHeapBuffer.of(y));
  }

  @Override
  public void backwardData(Conv2d conv, Buffer dy, Buffer w, Buffer dx) {
    if (empty(conv)) {
      host.backwardData(conv, dy, w, dx);
      return;
    }
    if (winograd.servesOnce(conv)) {
      winograd.backwardData(conv, OffHeapBuffer.of(dy), OffHeapBuffer.of(w), OffHeapBuffer.of(dx));
      return;
    }
    var form = blocked.form(BlockedConvolution.Pass.DATA, conv, false);
    if (blocked.serves(form)) {
      blocked.backwardData(form, OffHeapBuffer.of(dy), OffHeapBuffer.of(w), OffHeapBuffer.of(dx));
    } else {
      plan(Pass.DATA, conv).run(dx, w, dy);
    }
  }

  @Override
  public void backwardWeights(Conv2d conv, Buffer x, Buffer dy, Buffer dw) {
    if (empty(conv)) {
      host.backwardWeights(conv, x, dy, dw);
      return;
    }
    var form = blocked.form(BlockedConvolution.Pass.WEIGHTS, conv, false);
    if (blocked.serves(form)) {
      blocked.backwardWeights(
          form, OffHeapBuffer.of(x), OffHeapBuffer.of(dy), OffHeapBuffer.of(dw));
    } else {
      plan(Pass.WEIGHTS, conv).run(x, dw, dy);
    }
  }

  @Override
  public void close() {
    winograd.close();
    blocked.close();
  }

  private Plan plan(Pass pass, Conv2d conv) {
    return oneDnn.plan(
        new Key(pass, conv), work(conv), builder -> new Composition(builder, conv).of(pass));
  }

  /** The sizes of one convolution as oneDNN wants them. */
  private static final class Composition {
    private final Plan.Builder plan;
    private final long[] x;
    private final long[] w;
    private final long[] y;
    private final long[] strides;
    private final long[] dilations;
    private final long[] padding;

    Composition(Plan.Builder plan, Conv2d c) {
      this.plan = plan;
      x = new long[] {c.batch(), c.inChannels(), c.height(), c.width()};
      y = new long[] {c.batch(), c.outChannels(), c.outHeight(), c.outWidth()};
      long out = c.outChannels() / c.groups();
      long in = c.inChannels() / c.groups();
      w =
          c.groups() == 1
              ? new long[] {out, in, c.kernelHeight(), c.kernelWidth()}
              : new long[] {c.groups(), out, in, c.kernelHeight(), c.kernelWidth()};
      strides = new long[] {c.strideHeight(), c.strideWidth()};
      dilations = new long[] {c.dilationHeight() - 1L, c.dilationWidth() - 1L};
      padding = new long[] {c.padHeight(), c.padWidth()};
    }

    void of(Pass pass) {
      switch (pass) {
        case FORWARD -> forward(null);
        case FORWARD_BIAS -> forward(plan.dense(y[1]));
        case DATA -> backwardData();
        case WEIGHTS -> backwardWeights();
      }
    }

    /** oneDNN takes a bias that describes nothing for none. */
    private convolution_forward.primitive_desc forwardDesc(memory.@Nullable desc bias) {
      return new convolution_forward.primitive_desc(
          plan.engine(),
          dnnl.prop_kind.forward_training,
          dnnl.algorithm.convolution_direct,
          plan.any(x),
          plan.any(w),
          bias != null ? bias : plan.keep(new memory.desc()),
          plan.any(y),
          strides,
          dilations,
          padding,
          padding,
          plan.attributes(),
          false);
    }

    private void forward(memory.@Nullable desc bias) {
      var desc = forwardDesc(bias);
      memory src = plan.slot(plan.dense(x));
      memory weights = plan.slot(plan.dense(w));
      memory dst = plan.slot(plan.dense(y));
      memory staged = plan.staging(dst, plan.keep(desc.dst_desc()));
      var arguments = new ArrayList<Object>();
      Collections.addAll(
          arguments,
          dnnl.DNNL_ARG_SRC,
          plan.reordered(src, plan.keep(desc.src_desc())),
          dnnl.DNNL_ARG_WEIGHTS,
          plan.reordered(weights, plan.keep(desc.weights_desc())),
          dnnl.DNNL_ARG_DST,
          staged);
      if (bias != null) {
        Collections.addAll(arguments, dnnl.DNNL_ARG_BIAS, plan.slot(bias));
      }
      plan.step(desc, new convolution_forward(desc), arguments.toArray());
      plan.reorder(staged, dst);
    }

    private void backwardData() {
      var hint = plan.keep(forwardDesc(null));
      var desc =
          new convolution_backward_data.primitive_desc(
              plan.engine(),
              dnnl.algorithm.convolution_direct,
              plan.any(x),
              plan.any(w),
              plan.any(y),
              strides,
              dilations,
              padding,
              padding,
              hint,
              plan.attributes(),
              false);
      memory dx = plan.slot(plan.dense(x));
      memory weights = plan.slot(plan.dense(w));
      memory dy = plan.slot(plan.dense(y));
      memory staged = plan.staging(dx, plan.keep(desc.diff_src_desc()));
      plan.step(
          desc,
          new convolution_backward_data(desc),
          dnnl.DNNL_ARG_DIFF_DST,
          plan.reordered(dy, plan.keep(desc.diff_dst_desc())),
          dnnl.DNNL_ARG_WEIGHTS,
          plan.reordered(weights, plan.keep(desc.weights_desc())),
          dnnl.DNNL_ARG_DIFF_SRC,
          staged);
      plan.reorder(staged, dx);
    }

    private void backwardWeights() {
      var hint = plan.keep(forwardDesc(null));
      var desc =
          new convolution_backward_weights.primitive_desc(
              plan.engine(),
              dnnl.algorithm.convolution_direct,
              plan.any(x),
              plan.any(w),
              plan.any(y),
              strides,
              dilations,
              padding,
              padding,
              hint,
              plan.attributes(),
              false);
      memory src = plan.slot(plan.dense(x));
      memory dw = plan.slot(plan.dense(w));
      memory dy = plan.slot(plan.dense(y));
      memory staged = plan.staging(dw, plan.keep(desc.diff_weights_desc()));
      plan.step(
          desc,
          new convolution_backward_weights(desc),
          dnnl.DNNL_ARG_SRC,
          plan.reordered(src, plan.keep(desc.src_desc())),
          dnnl.DNNL_ARG_DIFF_DST,
          plan.reordered(dy, plan.keep(desc.diff_dst_desc())),
          dnnl.DNNL_ARG_DIFF_WEIGHTS,
          staged);
      plan.reorder(staged, dw);
    }
  }
}
