package dev.mmib.jmh.limit;

import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;

/** Descriptions of one convolution's passes, in the orders that oneDNN likes best. */
final class ConvolutionPrimitives {

  private final BareOneDnn owner;
  private final memory.desc x;
  private final memory.desc w;
  private final memory.desc y;
  private final long[] strides;
  private final long[] dilations = {0, 0};
  private final long[] padding;

  ConvolutionPrimitives(
      BareOneDnn owner, long[] xDims, long[] wDims, long[] yDims, long stride, long pad) {
    this.owner = owner;
    x = owner.any(xDims);
    w = owner.any(wDims);
    y = owner.any(yDims);
    strides = new long[] {stride, stride};
    padding = new long[] {pad, pad};
  }

  /**
   * Forward.
   *
   * @param bias describes nothing where none is added
   */
  convolution_forward.primitive_desc forward(memory.desc bias, primitive_attr attributes) {
    return owner.keep(
        new convolution_forward.primitive_desc(
            owner.engine(),
            dnnl.prop_kind.forward_training,
            dnnl.algorithm.convolution_direct,
            x,
            w,
            bias,
            y,
            strides,
            dilations,
            padding,
            padding,
            attributes,
            false));
  }

  convolution_backward_data.primitive_desc data(
      convolution_forward.primitive_desc hint, primitive_attr attributes) {
    return owner.keep(
        new convolution_backward_data.primitive_desc(
            owner.engine(),
            dnnl.algorithm.convolution_direct,
            x,
            w,
            y,
            strides,
            dilations,
            padding,
            padding,
            hint,
            attributes,
            false));
  }

  convolution_backward_weights.primitive_desc weights(
      convolution_forward.primitive_desc hint, primitive_attr attributes) {
    return owner.keep(
        new convolution_backward_weights.primitive_desc(
            owner.engine(),
            dnnl.algorithm.convolution_direct,
            x,
            w,
            y,
            strides,
            dilations,
            padding,
            padding,
            hint,
            attributes,
            false));
  }
}
