package dev.mmib.cpu;

import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/** One convolution on pictures in {@link ChannelBlocks}, compiled. */
final class BlockedConvolution implements AutoCloseable {

  /** What is computed. */
  enum Pass {
    FORWARD,
    DATA,
    WEIGHTS
  }

  /**
   * What a convolution is compiled for.
   *
   * @param block channels of a block
   * @param bias whether one is added
   * @param residual whether pictures like the output are added after it
   * @param relu whether what is negative becomes 0 then
   * @param alone whether one thread computes it
   * @param anyhow whether code that is not made for this, and slow, is better than none
   */
  record Form(
      Pass pass,
      Conv2d conv,
      int block,
      boolean bias,
      boolean residual,
      boolean relu,
      boolean alone,
      boolean anyhow) {

    /** The same for another number of pictures. */
    Form ofBatch(int pictures, boolean byOne) {
      return of(pictures, conv.outChannels(), byOne);
    }

    /** The same for fewer output channels, by one thread. */
    Form ofOutputs(int channels) {
      return of(conv.batch(), channels, true);
    }

    private Form of(int pictures, int outChannels, boolean byOne) {
      var c = conv;
      var fewer =
          new Conv2d(
              pictures,
              c.inChannels(),
              c.height(),
              c.width(),
              outChannels,
              c.kernelHeight(),
              c.kernelWidth(),
              c.strideHeight(),
              c.strideWidth(),
              c.padHeight(),
              c.padWidth(),
              c.dilationHeight(),
              c.dilationWidth(),
              c.groups());
      return new Form(pass, fewer, block, bias, residual, relu, byOne, anyhow);
    }

    /** Whether the channels fit: those of the output, and of the input unless it is an image. */
    boolean fits() {
      return block > 0
          && conv.groups() == 1
          && conv.outChannels() % block == 0
          && (hasInputInBlocks() || (conv.inChannels() <= 3 && pass != Pass.DATA));
    }

    boolean hasInputInBlocks() {
      return conv.inChannels() % block == 0;
    }
  }

  /**
   * What a rectifier lets through of a negative number: nothing that any sum would notice. With 0,
   * oneDNN's makes 0 of what is no number, and a broken model looks healthy.
   */
  private static final float LEAK = 1e-30f;

  private final WeightOrder weights;
  private final SharedPrimitive primitive;

  private BlockedConvolution(WeightOrder weights, SharedPrimitive primitive) {
    this.weights = weights;
    this.primitive = primitive;
  }

  /** Compiles {@code form}; null if oneDNN has no code made for it. */
  static @Nullable BlockedConvolution of(OneDnn oneDnn, Form form) {
    var composition = new Composition(oneDnn, form);
    try {
      return composition.compile();
    } finally {
      composition.temporaries.forEach(Pointer::close);
    }
  }

  WeightOrder weights() {
    return weights;
  }

  /**
   * Runs on memory in the form's orders.
   *
   * @param more bias and residual, where the form has them
   */
  void run(BytePointer x, BytePointer w, BytePointer y, BytePointer... more) {
    var all = new long[3 + more.length];
    all[0] = x.address();
    all[1] = w.address();
    all[2] = y.address();
    for (int i = 0; i < more.length; i++) {
      all[3 + i] = more[i].address();
    }
    primitive.run(all);
  }

  @Override
  public void close() {
    primitive.close();
    weights.close();
  }

  /** The sizes of one convolution as oneDNN wants them. */
  private static final class Composition {
    private final OneDnn oneDnn;
    private final Form form;
    private final List<Pointer> temporaries = new ArrayList<>();
    private final long[] wDims;
    private final long[] strides;
    private final long[] dilations;
    private final long[] padding;
    private final memory.desc x;
    private final memory.desc w;
    private final memory.desc y;

    Composition(OneDnn oneDnn, Form form) {
      this.oneDnn = oneDnn;
      this.form = form;
      var c = form.conv();
      wDims = new long[] {c.outChannels(), c.inChannels(), c.kernelHeight(), c.kernelWidth()};
      strides = new long[] {c.strideHeight(), c.strideWidth()};
      dilations = new long[] {c.dilationHeight() - 1L, c.dilationWidth() - 1L};
      padding = new long[] {c.padHeight(), c.padWidth()};
      var blocks = form.block() == 16 ? memory.format_tag.nChw16c : memory.format_tag.nChw8c;
      x =
          desc(
              new long[] {c.batch(), c.inChannels(), c.height(), c.width()},
              form.hasInputInBlocks() ? blocks : memory.format_tag.nchw);
      y = desc(new long[] {c.batch(), c.outChannels(), c.outHeight(), c.outWidth()}, blocks);
      w = desc(wDims, memory.format_tag.any);
    }

    private <T extends Pointer> T keep(T object) {
      temporaries.add(object);
      return object;
    }

    private memory.desc desc(long[] dims, memory.format_tag tag) {
      return keep(new memory.desc(dims, memory.data_type.f32, tag));
    }

    private primitive_attr attributes() {
      var attributes = keep(SharedPrimitive.attributes());
      if (form.residual() || form.relu()) {
        var after = keep(new post_ops());
        if (form.residual()) {
          after.append_binary(dnnl.algorithm.binary_add, y);
        }
        if (form.relu()) {
          after.append_eltwise(dnnl.algorithm.eltwise_relu, LEAK, 0);
        }
        attributes.set_post_ops(after);
      }
      return attributes;
    }

    private convolution_forward.primitive_desc forward(primitive_attr attributes) {
      return new convolution_forward.primitive_desc(
          oneDnn.engine(),
          dnnl.prop_kind.forward_training,
          dnnl.algorithm.convolution_direct,
          x,
          w,
          form.bias()
              ? desc(new long[] {form.conv().outChannels()}, memory.format_tag.x)
              : keep(new memory.desc()),
          y,
          strides,
          dilations,
          padding,
          padding,
          attributes,
          false);
    }

    @Nullable BlockedConvolution compile() {
      return switch (form.pass()) {
        case FORWARD -> {
          var desc = forward(attributes());
          yield made(desc, desc.weights_desc(), () -> new convolution_forward(desc));
        }
        case DATA -> {
          var hint = keep(forward(attributes()));
          var desc =
              new convolution_backward_data.primitive_desc(
                  oneDnn.engine(),
                  dnnl.algorithm.convolution_direct,
                  x,
                  w,
                  y,
                  strides,
                  dilations,
                  padding,
                  padding,
                  hint,
                  attributes(),
                  false);
          yield made(desc, desc.weights_desc(), () -> new convolution_backward_data(desc));
        }
        case WEIGHTS -> {
          var hint = keep(forward(attributes()));
          var desc =
              new convolution_backward_weights.primitive_desc(
                  oneDnn.engine(),
                  dnnl.algorithm.convolution_direct,
                  x,
                  w,
                  y,
                  strides,
                  dilations,
                  padding,
                  padding,
                  hint,
                  attributes(),
                  false);
          yield made(desc, desc.diff_weights_desc(), () -> new convolution_backward_weights(desc));
        }
      };
    }

    private @Nullable BlockedConvolution made(
        primitive_desc_base desc, memory.desc wDesc, Supplier<primitive> primitive) {
      if (!form.anyhow() && desc.impl_info_str().getString().startsWith("ref")) {
        desc.close();
        wDesc.close();
        return null;
      }
      var arguments = new ArrayList<SharedPrimitive.Argument>();
      boolean toX = form.pass() == Pass.DATA;
      boolean toW = form.pass() == Pass.WEIGHTS;
      boolean toY = form.pass() == Pass.FORWARD;
      add(arguments, toX ? dnnl.DNNL_ARG_DIFF_SRC : dnnl.DNNL_ARG_SRC, x);
      add(arguments, toW ? dnnl.DNNL_ARG_DIFF_WEIGHTS : dnnl.DNNL_ARG_WEIGHTS, wDesc);
      add(arguments, toY ? dnnl.DNNL_ARG_DST : dnnl.DNNL_ARG_DIFF_DST, y);
      if (form.bias()) {
        add(
            arguments,
            dnnl.DNNL_ARG_BIAS,
            desc(new long[] {form.conv().outChannels()}, memory.format_tag.x));
      }
      if (form.residual()) { // the operand of the first operation after it
        add(arguments, dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | dnnl.DNNL_ARG_SRC_1, y);
      }
      var order = new WeightOrder(oneDnn, wDims, wDesc);
      wDesc.close();
      return new BlockedConvolution(
          order, new SharedPrimitive(oneDnn, desc, primitive.get(), arguments));
    }

    private static void add(
        List<SharedPrimitive.Argument> arguments, int number, memory.desc desc) {
      arguments.add(new SharedPrimitive.Argument(number, new memory.desc(desc)));
    }
  }
}
