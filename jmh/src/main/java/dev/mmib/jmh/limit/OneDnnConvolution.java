package dev.mmib.jmh.limit;

import dev.mmib.jmh.Contender;
import dev.mmib.jmh.ConvolutionInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Nothing but oneDNN's convolutions, on arrays in the orders that each likes best: what a network
 * could reach that never reorders anything.
 */
public final class OneDnnConvolution implements Contender {

  /** A primitive with its arguments. */
  private record Step(primitive primitive, IntMemoryMap arguments) {}

  // JavaCPP frees natives whose Java objects are unreachable.
  private final List<Pointer> kept = new ArrayList<>();
  private final engine engine = keep(new engine(org.bytedeco.dnnl.engine.kind.cpu, 0));
  private final stream stream = keep(new stream(engine));
  private final primitive_attr attributes = keep(new primitive_attr());
  private final List<Step> steps = new ArrayList<>();
  private final ConvolutionInput input;
  private final long[] strides;
  private final long[] dilations = {0, 0};
  private final long[] padding;
  private final memory.desc x;
  private final memory.desc w;
  private final memory.desc y;
  private final memory pictures;
  private final memory weights;
  private final memory compared;

  /**
   * A convolution.
   *
   * @param training whether both derivatives of the mean follow
   */
  public OneDnnConvolution(int threads, ConvolutionInput input, boolean training) {
    OpenMpThreads.use(threads);
    this.input = input;
    strides = new long[] {input.stride(), input.stride()};
    padding = new long[] {input.padding(), input.padding()};
    x = any(input.pictures().extents());
    w = any(input.weights().extents());
    y = any(results());
    pictures = plain(input.pictures().extents(), input.pictures().values());
    weights = plain(input.weights().extents(), input.weights().values());
    var forward = forward();
    memory output = keep(new memory(keep(forward.dst_desc()), engine));
    step(
        new convolution_forward(forward),
        dnnl.DNNL_ARG_SRC,
        ordered(pictures, forward.src_desc()),
        dnnl.DNNL_ARG_WEIGHTS,
        ordered(weights, forward.weights_desc()),
        dnnl.DNNL_ARG_DST,
        output);
    compared = training ? derivatives(forward) : output;
  }

  private long[] results() {
    return new long[] {ConvolutionInput.BATCH, input.out(), input.outSide(), input.outSide()};
  }

  private convolution_forward.primitive_desc forward() {
    return keep(
        new convolution_forward.primitive_desc(
            engine,
            dnnl.prop_kind.forward_training,
            dnnl.algorithm.convolution_direct,
            x,
            w,
            y,
            strides,
            dilations,
            padding,
            padding,
            attributes,
            false));
  }

  /** The gradient of the weights. */
  private memory derivatives(convolution_forward.primitive_desc hint) {
    long[] results = results();
    var ones = new float[(int) Arrays.stream(results).reduce(1, (a, b) -> a * b)];
    Arrays.fill(ones, 1f / ones.length);
    memory dy = plain(results, ones);
    var ofData =
        keep(
            new convolution_backward_data.primitive_desc(
                engine,
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
    step(
        new convolution_backward_data(ofData),
        dnnl.DNNL_ARG_DIFF_DST,
        ordered(dy, ofData.diff_dst_desc()),
        dnnl.DNNL_ARG_WEIGHTS,
        ordered(weights, ofData.weights_desc()),
        dnnl.DNNL_ARG_DIFF_SRC,
        keep(new memory(keep(ofData.diff_src_desc()), engine)));
    var ofWeights =
        keep(
            new convolution_backward_weights.primitive_desc(
                engine,
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
    memory dw = keep(new memory(keep(ofWeights.diff_weights_desc()), engine));
    step(
        new convolution_backward_weights(ofWeights),
        dnnl.DNNL_ARG_SRC,
        ordered(pictures, ofWeights.src_desc()),
        dnnl.DNNL_ARG_DIFF_DST,
        ordered(dy, ofWeights.diff_dst_desc()),
        dnnl.DNNL_ARG_DIFF_WEIGHTS,
        dw);
    return dw;
  }

  private void step(primitive primitive, Object... arguments) {
    var map = keep(new IntMemoryMap());
    for (int i = 0; i < arguments.length; i += 2) {
      map.put((Integer) arguments[i], (memory) arguments[i + 1]);
    }
    steps.add(new Step(keep(primitive), map));
  }

  private <T extends Pointer> T keep(T object) {
    kept.add(object);
    return object;
  }

  private memory.desc any(long... dims) {
    return keep(new memory.desc(dims, memory.data_type.f32, memory.format_tag.any));
  }

  private memory.desc dense(long... dims) {
    var steps = new long[dims.length];
    long step = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      steps[i] = step;
      step *= dims[i];
    }
    return keep(new memory.desc(dims, memory.data_type.f32, steps));
  }

  private memory plain(long[] dims, float[] values) {
    return keep(new memory(dense(dims), engine, keep(new FloatPointer(values))));
  }

  private memory ordered(memory from, memory.desc wanted) {
    if (keep(from.get_desc()).equals(keep(wanted))) {
      return from;
    }
    memory turned = keep(new memory(wanted, engine));
    turn(from, turned);
    return turned;
  }

  private void turn(memory from, memory to) {
    keep(new reorder(from, to)).execute(stream, from, to);
    stream._wait();
  }

  @Override
  public void run() {
    for (Step step : steps) {
      step.primitive().execute(stream, step.arguments());
    }
    stream._wait();
  }

  @Override
  public float[] result() {
    run();
    long[] dims = steps.size() > 1 ? input.weights().extents() : results();
    var floats = keep(new FloatPointer(Arrays.stream(dims).reduce(1, (a, b) -> a * b)));
    turn(compared, keep(new memory(dense(dims), engine, floats)));
    var values = new float[Math.toIntExact(floats.limit())];
    floats.get(values);
    return values;
  }

  @Override
  public String description() {
    var version = dnnl.dnnl_version();
    return "oneDNN " + version.major() + "." + version.minor() + "." + version.patch();
  }

  @Override
  public void close() {
    for (int i = kept.size() - 1; i >= 0; i--) {
      kept.get(i).close();
    }
  }
}
