package dev.mmib.jmh.limit;

import dev.mmib.jmh.PictureNetwork;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;

/**
 * Nothing but the convolutions of ResNet-50, each on arrays in the orders that oneDNN likes best:
 * what remains of a network whose norms, sums and pooling cost nothing.
 *
 * <p>In inference each has a bias and a rectifier on its way, as folded norms leave them; in
 * training neither, and both of its derivatives follow, of the first only that of the weights. A
 * convolution reads what the one before it wrote, as long as both like the same order; what nobody
 * wrote are random numbers, so the results mean nothing.
 */
public final class OneDnnResNet extends BareOneDnn implements PictureNetwork<memory> {

  private static final int CHANNELS = 1;
  private static final int SIDE_AXIS = 2;

  private final boolean training;
  private final Map<String, int[]> shapes = CONFIG.shapes();
  private final Random random = new Random(1);
  private final primitive_attr attributes = keep(new primitive_attr());
  private final Deque<Step> backward = new ArrayDeque<>();

  /** The convolutions of so many pictures. */
  public OneDnnResNet(int threads, int pictures, boolean training) {
    super(threads);
    this.training = training;
    if (!training) {
      var after = keep(new post_ops());
      after.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
      attributes.set_post_ops(after);
    }
    var extents = new long[] {pictures, 3, SIDE, SIDE};
    features(plain(extents, PictureNetwork.pixels(pictures)));
    steps().addAll(backward);
  }

  private static long[] extents(memory.desc of) {
    var extents = new long[of.get_ndims()];
    try (var dims = of.get_dims()) {
      for (int i = 0; i < extents.length; i++) {
        extents[i] = dims.get(i);
      }
    }
    return extents;
  }

  /** Random numbers about as large as {@code size}, in the order {@code desc}. */
  private memory numbers(memory.desc desc, double size) {
    var dims = extents(keep(desc));
    var values = new float[Math.toIntExact(Arrays.stream(dims).reduce(1, (a, b) -> a * b))];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (size * random.nextGaussian());
    }
    return ordered(plain(dims, values), desc);
  }

  private memory inOrder(memory x, memory.desc wanted) {
    return keep(x.get_desc()).equals(keep(wanted)) ? x : numbers(wanted, 1);
  }

  @Override
  public memory convolution(String weight, memory x, int kernel, int stride) {
    int[] shape = Objects.requireNonNull(shapes.get(weight), weight);
    long[] xDims = extents(keep(x.get_desc()));
    long[] wDims = Arrays.stream(shape).asLongStream().toArray();
    long side = (xDims[SIDE_AXIS] - 1) / stride + 1; // padding keeps the side
    var primitives =
        new ConvolutionPrimitives(
            this, xDims, wDims, new long[] {xDims[0], wDims[0], side, side}, stride, kernel / 2);
    double size = Math.sqrt(2.0 / (wDims[1] * kernel * kernel)); // keeps that of the results
    var bias = training ? keep(new memory.desc()) : dense(wDims[0]);
    var forward = primitives.forward(bias, attributes);
    memory source = inOrder(x, forward.src_desc());
    memory output = room(forward.dst_desc());
    memory weights = numbers(forward.weights_desc(), size);
    var convolution = new convolution_forward(forward);
    if (training) {
      steps()
          .add(
              step(
                  convolution,
                  dnnl.DNNL_ARG_SRC,
                  source,
                  dnnl.DNNL_ARG_WEIGHTS,
                  weights,
                  dnnl.DNNL_ARG_DST,
                  output));
      derivatives(primitives, forward, source, size);
    } else {
      steps()
          .add(
              step(
                  convolution,
                  dnnl.DNNL_ARG_SRC,
                  source,
                  dnnl.DNNL_ARG_WEIGHTS,
                  weights,
                  dnnl.DNNL_ARG_BIAS,
                  numbers(keep(bias), size),
                  dnnl.DNNL_ARG_DST,
                  output));
    }
    return output;
  }

  /** Steps that come before those of all convolutions so far. */
  private void derivatives(
      ConvolutionPrimitives primitives,
      convolution_forward.primitive_desc hint,
      memory x,
      double size) {
    var ofWeights = primitives.weights(hint, attributes);
    memory dy = numbers(ofWeights.diff_dst_desc(), 1);
    backward.addFirst(
        step(
            new convolution_backward_weights(ofWeights),
            dnnl.DNNL_ARG_SRC,
            inOrder(x, ofWeights.src_desc()),
            dnnl.DNNL_ARG_DIFF_DST,
            dy,
            dnnl.DNNL_ARG_DIFF_WEIGHTS,
            room(ofWeights.diff_weights_desc())));
    if (steps().size() > 1) {
      var ofData = primitives.data(hint, attributes);
      backward.addFirst(
          step(
              new convolution_backward_data(ofData),
              dnnl.DNNL_ARG_DIFF_DST,
              inOrder(dy, ofData.diff_dst_desc()),
              dnnl.DNNL_ARG_WEIGHTS,
              numbers(ofData.weights_desc(), size),
              dnnl.DNNL_ARG_DIFF_SRC,
              room(ofData.diff_src_desc())));
    }
  }

  @Override
  public memory normalization(String name, memory x) {
    return x;
  }

  @Override
  public memory relu(memory x) {
    return x;
  }

  @Override
  public memory add(memory x, memory y) {
    return x;
  }

  /** What would come out, which nobody writes. */
  @Override
  public memory maxPool(memory x) {
    long[] dims = extents(keep(x.get_desc()));
    long side = dims[SIDE_AXIS] / 2;
    return numbers(dense(dims[0], dims[CHANNELS], side, side), 1);
  }

  @Override
  public memory mean(memory x) {
    return x;
  }

  @Override
  public float[] result() {
    run();
    return NO_RESULT;
  }
}
