package dev.mmib.cpu;

import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.jspecify.annotations.Nullable;

/**
 * A convolution of 3×3 by steps of 1 on pictures in {@link ChannelBlocks}, by Winograd's F(4×4,
 * 3×3): for each tile of 4×4 outputs 36 products instead of 144.
 *
 * <pre>
 *   y = Aᵀ [(G w Gᵀ) ⊙ (Bᵀ d B)] A      d the 6×6 inputs of a tile, ⊙ summed over channels
 * </pre>
 *
 * <p>Each of the 36 is a product of matrices, [tiles, in] · [in, out], which oneDNN computes as a
 * convolution of 1×1. Source: Lavin, Gray, "Fast algorithms for convolutional neural networks"
 * (CVPR 2016).
 */
final class WinogradConvolution implements AutoCloseable {

  static final int PRODUCTS = WinogradLines.INPUTS * WinogradLines.INPUTS;

  /** Tiles from which a product is worth reading its weights. */
  private static final int TILES_OF_A_GROUP = 256;

  /** Numbers of a repeated bias, along which a loop runs. */
  private static final int BIAS = 1024;

  private final OneDnn oneDnn;
  private final Conv2d conv;
  private final int block;
  private final int pictures;
  private final int tiles;
  private final WinogradWeights weights;
  private final SharedPrimitive product;
  private final Queue<WinogradTiles> idle = new ConcurrentLinkedQueue<>();

  /**
   * Compiles the products.
   *
   * @param pictures of a group, which go through them together
   * @param turned whether the weights are those of the convolution that this is the derivative of
   */
  WinogradConvolution(OneDnn oneDnn, Conv2d conv, int block, int pictures, boolean turned) {
    this.oneDnn = oneDnn;
    this.conv = conv;
    this.block = block;
    this.pictures = pictures;
    this.tiles = tiles(conv) * pictures;
    var blocks = block == 16 ? memory.format_tag.nChw16c : memory.format_tag.nChw8c;
    var f32 = memory.data_type.f32;
    long[] wDims = {conv.outChannels(), conv.inChannels(), 1, 1};
    try (var x = new memory.desc(new long[] {1, conv.inChannels(), 1, tiles}, f32, blocks);
        var w = new memory.desc(wDims, f32, memory.format_tag.any);
        var y = new memory.desc(new long[] {1, conv.outChannels(), 1, tiles}, f32, blocks);
        var none = new memory.desc();
        var attributes = SharedPrimitive.attributes()) {
      var ones = new long[] {1, 1};
      var zeros = new long[] {0, 0};
      var desc =
          new convolution_forward.primitive_desc(
              oneDnn.engine(),
              dnnl.prop_kind.forward_training,
              dnnl.algorithm.convolution_direct,
              x,
              w,
              none,
              y,
              ones,
              zeros,
              zeros,
              zeros,
              attributes,
              false);
      try (var wDesc = desc.weights_desc()) {
        weights = new WinogradWeights(oneDnn, conv.outChannels(), conv.inChannels(), turned, wDesc);
        product =
            new SharedPrimitive(
                oneDnn,
                desc,
                new convolution_forward(desc),
                List.of(
                    new SharedPrimitive.Argument(dnnl.DNNL_ARG_SRC, new memory.desc(x)),
                    new SharedPrimitive.Argument(dnnl.DNNL_ARG_WEIGHTS, new memory.desc(wDesc)),
                    new SharedPrimitive.Argument(dnnl.DNNL_ARG_DST, new memory.desc(y))));
      }
    }
  }

  /** Tiles of a picture. */
  static int tiles(Conv2d conv) {
    return WinogradTiles.tiles(conv.height()) * WinogradTiles.tiles(conv.width());
  }

  /** How many pictures of a batch are best computed together: by the sizes alone. */
  static int group(Conv2d conv) {
    int pictures = 1;
    while (pictures * tiles(conv) < TILES_OF_A_GROUP && 2 * pictures <= conv.batch()) {
      pictures *= 2;
    }
    return pictures;
  }

  WinogradWeights weights() {
    return weights;
  }

  /** Transformed inputs and outputs of a picture. */
  static long numbers(Conv2d conv) {
    return (long) PRODUCTS * tiles(conv) * (conv.inChannels() + conv.outChannels());
  }

  /**
   * Computes a group.
   *
   * @param x the whole batch, in blocks
   * @param w weights as {@link #weights} arranges them
   * @param bias is added, per output channel; null for none
   * @param relu whether what is negative becomes 0 then
   * @param y the whole batch, in blocks
   * @param first picture of the group
   */
  void run(
      FloatBuffer x, long w, @Nullable FloatBuffer bias, boolean relu, FloatBuffer y, int first) {
    try (var v = oneDnn.memory().allocate(DType.F32, PRODUCTS * tiles * conv.inChannels());
        var m = oneDnn.memory().allocate(DType.F32, PRODUCTS * tiles * conv.outChannels())) {
      transform(x, first, v.floats());
      multiply(v.pointer().address(), w, m.pointer().address());
      restore(m.floats(), bias, relu, y, first);
    }
  }

  private WinogradTiles borrowed() {
    var kept = idle.poll();
    return kept != null ? kept : new WinogradTiles(conv.height(), conv.width(), pictures, block);
  }

  private int planeLength() {
    return conv.height() * conv.width() * block;
  }

  private void transform(FloatBuffer x, int first, FloatBuffer v) {
    int blocks = conv.inChannels() / block;
    oneDnn.forEach(
        blocks,
        b -> {
          var room = borrowed();
          room.input(
              x,
              (first * blocks + b) * planeLength(),
              blocks * planeLength(),
              v,
              b * tiles * block,
              blocks * tiles * block);
          idle.add(room);
        });
  }

  private void multiply(long v, long w, long m) {
    long in = 4L * tiles * conv.inChannels();
    long out = 4L * tiles * conv.outChannels();
    oneDnn.forEach(PRODUCTS, i -> product.run(v + i * in, w + weights.offset(i), m + i * out));
  }

  private void restore(
      FloatBuffer m, @Nullable FloatBuffer bias, boolean relu, FloatBuffer y, int first) {
    int blocks = conv.outChannels() / block;
    oneDnn.forEach(
        blocks,
        b -> {
          var added = new float[BIAS];
          if (bias != null) {
            bias.get(b * block, added, 0, block);
          }
          for (int filled = block; filled < BIAS; filled *= 2) {
            System.arraycopy(added, 0, added, filled, filled);
          }
          var room = borrowed();
          room.output(
              m,
              b * tiles * block,
              blocks * tiles * block,
              added,
              relu,
              y,
              (first * blocks + b) * planeLength(),
              blocks * planeLength());
          idle.add(room);
        });
  }

  @Override
  public void close() {
    product.close();
    weights.close();
  }
}
