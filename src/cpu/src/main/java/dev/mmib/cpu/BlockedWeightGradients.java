package dev.mmib.cpu;

import dev.mmib.backend.DType;
import dev.mmib.cpu.BlockedConvolution.Form;
import dev.mmib.cpu.CompiledConvolutions.Pieces;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * Gradients of convolutions' weights from pictures in {@link ChannelBlocks}: sums of parts, each of
 * some pictures. Where there are many weights and few places, adding parts takes as long as half of
 * the products: there threads share slices of the output channels instead.
 *
 * <p>Their number depends on the sizes alone, so that results are bit-equal by any number of
 * threads.
 */
final class BlockedWeightGradients {

  /** Places of all outputs that one summand of a weight's gradient is worth. */
  private static final int PLACES_OF_A_PART = 768;

  private static final int MOST_PARTS = 8;
  private static final int SUM_TILE = 1 << 14;

  /** Slices of output channels, and the channels of one from which products are fast. */
  private static final int SLICES = 8;

  private static final int LEAST_CHANNELS = 64;

  private final OneDnn oneDnn;
  private final CompiledConvolutions compiled;

  BlockedWeightGradients(OneDnn oneDnn, CompiledConvolutions compiled) {
    this.oneDnn = oneDnn;
    this.compiled = compiled;
  }

  /** Whether oneDNN has fast code for one. */
  boolean serves(Form form) {
    return slice(form) != null || pieces(form) != null;
  }

  /** Whether output channels are in slices: by the sizes alone. */
  static boolean isSliced(Form form) {
    var c = form.conv();
    return (long) c.batch() * c.outHeight() * c.outWidth() < 2 * PLACES_OF_A_PART
        && c.outChannels() / SLICES >= LEAST_CHANNELS
        && c.outChannels() % (SLICES * form.block()) == 0;
  }

  private @Nullable BlockedConvolution slice(Form form) {
    return isSliced(form) ? compiled.of(form.ofOutputs(form.conv().outChannels() / SLICES)) : null;
  }

  private @Nullable Pieces pieces(Form form) {
    var c = form.conv();
    long places = (long) c.batch() * c.outHeight() * c.outWidth();
    long parts = Math.max(2, Math.min(MOST_PARTS, places / PLACES_OF_A_PART));
    var pieces = compiled.cut(form, (int) Math.min(c.batch(), parts), true);
    return pieces != null && pieces.agree() ? pieces : null; // parts are added as they lie
  }

  /**
   * Computes one.
   *
   * @param x pictures as the form has them
   * @param dy pictures in blocks
   * @param dw is overwritten, in plain order
   */
  void compute(Form form, Pictures x, Pictures dy, OffHeapBuffer dw) {
    var slice = slice(form);
    var pieces = slice == null ? pieces(form) : null;
    if (slice != null) {
      bySlices(form, slice, x, dy, dw.overwriting(null));
    } else if (pieces != null) {
      byParts(pieces, x, dy, dw.overwriting(null));
    } else {
      throw new IllegalStateException("convolution: no code for " + form);
    }
  }

  private void byParts(Pieces pieces, Pictures x, Pictures dy, BytePointer dw) {
    var order = pieces.each().weights();
    int length = order.floats();
    try (var parts =
        oneDnn.memory().allocate(DType.F32, Math.multiplyExact(pieces.count(), length))) {
      var sums = new Pictures(parts.pointer(), 4L * length);
      oneDnn.forEach(
          pieces.count(),
          i -> {
            int first = i * pieces.size();
            pieces.at(i).run(x.at(first), sums.at(i), dy.at(first));
          });
      sum(parts.floats(), pieces.count(), length);
      order.restore(parts.pointer(), dw);
    }
  }

  /** Adds the parts of a gradient to the first of them, in their order. */
  private void sum(FloatBuffer parts, int count, int length) {
    if (count == 1) {
      return;
    }
    int tiles = (length + SUM_TILE - 1) / SUM_TILE;
    oneDnn.forEach(
        tiles,
        t -> {
          int at = t * SUM_TILE;
          int n = Math.min(SUM_TILE, length - at);
          var sum = new float[n];
          var part = new float[n];
          parts.get(at, sum, 0, n);
          for (int p = 1; p < count; p++) {
            parts.get(p * length + at, part, 0, n);
            for (int i = 0; i < n; i++) {
              sum[i] += part[i];
            }
          }
          parts.put(at, sum, 0, n);
        });
  }

  /** Each slice reads its channels of the upstream pictures, side by side, and all the inputs. */
  private void bySlices(
      Form form, BlockedConvolution slice, Pictures x, Pictures dy, BytePointer dw) {
    var c = form.conv();
    int batch = c.batch();
    int channels = c.outChannels() / SLICES;
    int planes = channels * c.outHeight() * c.outWidth(); // of one picture
    var order = slice.weights();
    order.compileWayBack(); // here, not in several threads
    try (var upstream = oneDnn.memory().allocate(DType.F32, SLICES * batch * planes);
        var gradient =
            oneDnn.memory().allocate(DType.F32, Math.multiplyExact(SLICES, order.floats()))) {
      var pictures = ChannelBlocks.floats(dy.start());
      var slices = upstream.floats();
      var upstreams = new Pictures(upstream.pointer(), 4L * batch * planes);
      var gradients = new Pictures(gradient.pointer(), 4L * order.floats());
      var plain =
          new Pictures(dw, 4L * channels * c.inChannels() * c.kernelHeight() * c.kernelWidth());
      oneDnn.forEach(
          SLICES,
          s -> {
            for (int p = 0; p < batch; p++) {
              slices.put((s * batch + p) * planes, pictures, (p * SLICES + s) * planes, planes);
            }
            slice.run(x.start(), gradients.at(s), upstreams.at(s));
            order.restoreAlone(gradients.at(s), plain.at(s));
          });
    }
  }
}
