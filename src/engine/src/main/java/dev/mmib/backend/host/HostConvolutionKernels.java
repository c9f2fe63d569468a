package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.ConvolutionKernels;
import java.nio.FloatBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Convolution in plain Java: patches are unfolded tile by tile, then multiplied as matrices.
 *
 * <p>Each task owns what it writes and goes through tiles in order, so that sums do not depend on
 * the number of threads.
 */
public final class HostConvolutionKernels implements ConvolutionKernels {

  /** Output channels of one task. */
  private static final int OUT_CHUNK = 64;

  /** Rows of unfolded patches at a time: with a tile's width they fit the second cache. */
  private static final int PATCH_ROWS = 256;

  /** Fewer pixels than this are short for a vector loop: it then goes over channels. */
  private static final int NARROW = 48;

  private final Workers workers;

  public HostConvolutionKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void forward(Conv2d conv, Buffer x, Buffer w, @Nullable Buffer bias, Buffer y) {
    var input = HostBuffer.floats(x);
    var weights = HostBuffer.floats(w);
    var offsets = bias == null ? null : HostBuffer.floats(bias);
    var output = HostBuffer.floats(y);
    var tiles = ConvolutionTile.allOf(conv);
    int outs = conv.outChannels() / conv.groups();
    int chunks = ceilDiv(outs, OUT_CHUNK);
    workers.forEach(
        conv.groups() * tiles.size() * chunks,
        1,
        (from, to) -> {
          for (int task = from; task < to; task++) {
            int group = task / chunks / tiles.size();
            int out = group * outs + task % chunks * OUT_CHUNK;
            int count = Math.min(OUT_CHUNK, (group + 1) * outs - out);
            var tile = tiles.get(task / chunks % tiles.size());
            forward(conv, tile, group, out, count, input, weights, offsets, output);
          }
        });
  }

  private static void forward(
      Conv2d conv,
      ConvolutionTile tile,
      int group,
      int out,
      int count,
      FloatBuffer x,
      FloatBuffer w,
      @Nullable FloatBuffer bias,
      FloatBuffer y) {
    int taps = conv.kernelHeight() * conv.kernelWidth();
    int ins = conv.inChannels() / conv.groups();
    int step = Math.min(ins, Math.max(1, PATCH_ROWS / taps));
    int pixels = tile.pixels();
    var patches = Rows.zeros(step * taps, pixels);
    var kernel = Rows.zeros(count, step * taps);
    var sums = Rows.zeros(count, pixels);
    for (int c = 0; c < ins; c += step) {
      int channels = Math.min(step, ins - c);
      tile.unfold(x, group * ins + c, channels, patches);
      Rows.read(w, (out * ins + c) * taps, ins * taps, kernel, count, channels * taps);
      if (pixels < NARROW) {
        addByPixel(kernel, patches, sums, count, pixels, channels * taps);
      } else {
        Rows.addProduct(kernel, patches, sums, count, pixels, channels * taps);
      }
    }
    if (bias != null) {
      for (int o = 0; o < count; o++) {
        add(bias.get(out + o), sums[o]);
      }
    }
    tile.writeOutput(sums, out, count, y);
  }

  /** {@code sums += kernel · patches} as the transpose of patchesᵀ · kernelᵀ. */
  private static void addByPixel(
      float[][] kernel, float[][] patches, float[][] sums, int count, int pixels, int cols) {
    var byTap = Rows.zeros(cols, count);
    var byPixel = Rows.zeros(pixels, cols);
    var transposed = Rows.zeros(pixels, count);
    Rows.transpose(kernel, count, cols, byTap);
    Rows.transpose(patches, cols, pixels, byPixel);
    Rows.transpose(sums, count, pixels, transposed);
    Rows.addProduct(byPixel, byTap, transposed, pixels, count, cols);
    Rows.transpose(transposed, pixels, count, sums);
  }

  private static void add(float shift, float[] row) {
    for (int j = 0; j < row.length; j++) {
      row[j] += shift;
    }
  }

  @Override
  public void backwardData(Conv2d conv, Buffer dy, Buffer w, Buffer dx) {
    var doutput = HostBuffer.floats(dy);
    var weights = HostBuffer.floats(w);
    var dinput = HostBuffer.floats(dx);
    var tiles = ConvolutionTile.allOf(conv);
    int perImage = ConvolutionTile.perImage(conv);
    int taps = conv.kernelHeight() * conv.kernelWidth();
    int ins = conv.inChannels() / conv.groups();
    int step = Math.min(ins, Math.max(1, PATCH_ROWS / taps));
    int chunks = ceilDiv(ins, step);
    workers.forEach(
        tiles.size() / perImage * conv.groups() * chunks,
        1,
        (from, to) -> {
          for (int task = from; task < to; task++) {
            int c = task % chunks * step;
            int group = task / chunks % conv.groups();
            int first = task / chunks / conv.groups() * perImage;
            var mine = tiles.subList(first, first + perImage);
            backwardData(conv, mine, group, c, Math.min(step, ins - c), doutput, weights, dinput);
          }
        });
  }

  /** All of dx that belongs to some channels of the images of {@code tiles}. */
  private static void backwardData(
      Conv2d conv,
      List<ConvolutionTile> tiles,
      int group,
      int c,
      int channels,
      FloatBuffer dy,
      FloatBuffer w,
      FloatBuffer dx) {
    int taps = conv.kernelHeight() * conv.kernelWidth();
    int ins = conv.inChannels() / conv.groups();
    int outs = conv.outChannels() / conv.groups();
    int step = Math.min(outs, OUT_CHUNK);
    var kernel = Rows.zeros(step, channels * taps);
    int cols = channels * taps;
    var any = tiles.get(0);
    var planes = Rows.zeros(any.images() * channels, conv.height() * conv.width());
    for (var tile : tiles) {
      int pixels = tile.pixels();
      var dpatches = Rows.zeros(cols, pixels);
      var byPixel = Rows.zeros(pixels < NARROW ? pixels : 0, cols);
      var dsums = Rows.zeros(step, pixels);
      for (int o = 0; o < outs; o += step) {
        int count = Math.min(step, outs - o);
        int out = group * outs + o;
        Rows.read(w, (out * ins + c) * taps, ins * taps, kernel, count, cols);
        tile.readOutput(dy, out, count, dsums);
        if (pixels < NARROW) {
          Rows.addTransposedProduct(dsums, kernel, byPixel, pixels, cols, count);
        } else {
          Rows.addTransposedProduct(kernel, dsums, dpatches, cols, pixels, count);
        }
      }
      if (pixels < NARROW) {
        Rows.transpose(byPixel, pixels, cols, dpatches);
      }
      tile.fold(dpatches, channels, planes);
    }
    any.writePlanes(planes, group * ins + c, channels, dx);
  }

  @Override
  public void backwardWeights(Conv2d conv, Buffer x, Buffer dy, Buffer dw) {
    var input = HostBuffer.floats(x);
    var doutput = HostBuffer.floats(dy);
    var dweights = HostBuffer.floats(dw);
    var tiles = ConvolutionTile.allOf(conv);
    int taps = conv.kernelHeight() * conv.kernelWidth();
    int ins = conv.inChannels() / conv.groups();
    int outs = conv.outChannels() / conv.groups();
    int step = Math.min(ins, Math.max(1, PATCH_ROWS / taps));
    int inChunks = ceilDiv(ins, step);
    int outChunks = ceilDiv(outs, OUT_CHUNK);
    workers.forEach(
        conv.groups() * inChunks * outChunks,
        1,
        (from, to) -> {
          for (int task = from; task < to; task++) {
            int group = task / outChunks / inChunks;
            int c = task / outChunks % inChunks * step;
            int out = group * outs + task % outChunks * OUT_CHUNK;
            int count = Math.min(OUT_CHUNK, (group + 1) * outs - out);
            int channels = Math.min(step, ins - c);
            var sums =
                weightGradient(tiles, taps, group * ins + c, channels, out, count, input, doutput);
            Rows.write(sums, count, channels * taps, dweights, (out * ins + c) * taps, ins * taps);
          }
        });
  }

  /** {@code dw[count, channels · taps]}, summed over tiles in double precision. */
  private static float[][] weightGradient(
      List<ConvolutionTile> tiles,
      int taps,
      int in,
      int channels,
      int out,
      int count,
      FloatBuffer x,
      FloatBuffer dy) {
    int cols = channels * taps;
    var total = new double[count][cols];
    var part = Rows.zeros(count, cols);
    for (var tile : tiles) {
      var patches = Rows.zeros(cols, tile.pixels());
      var byPixel = Rows.zeros(tile.pixels(), cols);
      var dsums = Rows.zeros(count, tile.pixels());
      tile.unfold(x, in, channels, patches);
      Rows.transpose(patches, cols, tile.pixels(), byPixel);
      tile.readOutput(dy, out, count, dsums);
      Rows.clear(part, count, cols);
      Rows.addProduct(dsums, byPixel, part, count, cols, tile.pixels());
      for (int o = 0; o < count; o++) {
        for (int j = 0; j < cols; j++) {
          total[o][j] += part[o][j];
        }
      }
    }
    for (int o = 0; o < count; o++) {
      for (int j = 0; j < cols; j++) {
        part[o][j] = (float) total[o][j];
      }
    }
    return part;
  }

  private static int ceilDiv(int a, int b) {
    return (a + b - 1) / b;
  }
}
