package dev.mmib.jmh.limit;

import dev.mmib.jmh.ConvolutionInput;
import java.util.Arrays;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Nothing but oneDNN's convolutions, on arrays in the orders that each likes best: what a network
 * could reach that never reorders anything.
 */
public final class OneDnnConvolution extends BareOneDnn {

  private final ConvolutionInput input;
  private final primitive_attr attributes = keep(new primitive_attr());
  private final ConvolutionPrimitives primitives;
  private final memory pictures;
  private final memory weights;
  private final long[] comparedDims;
  private final memory compared;

  /**
   * A convolution.
   *
   * @param training whether both derivatives of the mean follow
   */
  public OneDnnConvolution(int threads, ConvolutionInput input, boolean training) {
    super(threads);
    this.input = input;
    long[] x = input.pictures().extents();
    long[] w = input.weights().extents();
    primitives = new ConvolutionPrimitives(this, x, w, results(), input.stride(), input.padding());
    pictures = plain(x, input.pictures().values());
    weights = plain(w, input.weights().values());
    var forward = primitives.forward(keep(new memory.desc()), attributes);
    memory output = room(forward.dst_desc());
    steps()
        .add(
            step(
                new convolution_forward(forward),
                dnnl.DNNL_ARG_SRC,
                ordered(pictures, forward.src_desc()),
                dnnl.DNNL_ARG_WEIGHTS,
                ordered(weights, forward.weights_desc()),
                dnnl.DNNL_ARG_DST,
                output));
    compared = training ? derivatives(forward) : output;
    comparedDims = training ? w : results();
  }

  private long[] results() {
    return new long[] {ConvolutionInput.BATCH, input.out(), input.outSide(), input.outSide()};
  }

  /** The gradient of the weights. */
  private memory derivatives(convolution_forward.primitive_desc hint) {
    long[] results = results();
    var ones = new float[(int) Arrays.stream(results).reduce(1, (a, b) -> a * b)];
    Arrays.fill(ones, 1f / ones.length);
    memory dy = plain(results, ones);
    var ofData = primitives.data(hint, attributes);
    steps()
        .add(
            step(
                new convolution_backward_data(ofData),
                dnnl.DNNL_ARG_DIFF_DST,
                ordered(dy, ofData.diff_dst_desc()),
                dnnl.DNNL_ARG_WEIGHTS,
                ordered(weights, ofData.weights_desc()),
                dnnl.DNNL_ARG_DIFF_SRC,
                room(ofData.diff_src_desc())));
    var ofWeights = primitives.weights(hint, attributes);
    memory dw = room(ofWeights.diff_weights_desc());
    steps()
        .add(
            step(
                new convolution_backward_weights(ofWeights),
                dnnl.DNNL_ARG_SRC,
                ordered(pictures, ofWeights.src_desc()),
                dnnl.DNNL_ARG_DIFF_DST,
                ordered(dy, ofWeights.diff_dst_desc()),
                dnnl.DNNL_ARG_DIFF_WEIGHTS,
                dw));
    return dw;
  }

  @Override
  public float[] result() {
    run();
    var floats = keep(new FloatPointer(Arrays.stream(comparedDims).reduce(1, (a, b) -> a * b)));
    turn(compared, keep(new memory(dense(comparedDims), engine(), floats)));
    var values = new float[Math.toIntExact(floats.limit())];
    floats.get(values);
    return values;
  }
}
