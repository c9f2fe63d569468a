package dev.mmib.cpu;

import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.backend.kernel.ConvolutionKernels.Room;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions for which Winograd's way is faster than the direct one.
 *
 * <p>It takes 36 numbers for the 9 of a kernel, and passes over the pictures that small numbers of
 * channels do not pay for.
 */
final class WinogradConvolutions implements AutoCloseable {

  /** More than a network has at several batch sizes. */
  private static final int MOST = 64;

  private static final int LEAST_CHANNELS = 64;

  /** Tiles of a batch from which products are worth their weights, four times as large. */
  private static final int LEAST_TILES = 8;

  /** Transformed numbers of a picture up to which they are worth their memory: 64 MiB. */
  private static final long MOST_NUMBERS = 1 << 24;

  /** Tiles from which products are worth transforming their weights for, there and then. */
  private static final int LEAST_TILES_OF_A_STEP = 64;

  private final OneDnn oneDnn;
  private final Arranger arranger;
  private final int block;
  private final Map<Key, WinogradConvolution> compiled = new LinkedHashMap<>(16, 0.75f, true);

  /** The pictures of one group, their sizes, and whether this is a derivative. */
  private record Key(int in, int out, int height, int width, int pictures, boolean turned) {}

  WinogradConvolutions(OneDnn oneDnn, Arranger arranger) {
    this.oneDnn = oneDnn;
    this.arranger = arranger;
    this.block = Arranger.block();
  }

  /** Whether a convolution is one of these: by the sizes alone. */
  boolean serves(Conv2d c) {
    return serves(c, block);
  }

  static boolean serves(Conv2d c, int block) {
    return block > 0
        && c.groups() == 1
        && c.kernelHeight() == 3
        && c.kernelWidth() == 3
        && c.strideHeight() == 1
        && c.strideWidth() == 1
        && c.padHeight() == 1
        && c.padWidth() == 1
        && c.dilationHeight() == 1
        && c.dilationWidth() == 1
        && c.inChannels() % block == 0
        && c.outChannels() % block == 0
        && Math.min(c.inChannels(), c.outChannels()) >= LEAST_CHANNELS
        && c.batch() * WinogradConvolution.tiles(c) >= LEAST_TILES
        && isWorthItsTiles(c)
        && WinogradConvolution.numbers(c) <= MOST_NUMBERS;
  }

  /** Of 36 products for a tile instead of 9 for each place: a fifth less, or passes cost more. */
  private static boolean isWorthItsTiles(Conv2d c) {
    return (long) c.height() * c.width() >= 5L * WinogradConvolution.tiles(c);
  }

  /** Whether one is, though its weights are transformed for it alone: by the sizes alone. */
  boolean servesOnce(Conv2d c) {
    return servesOnce(c, block);
  }

  static boolean servesOnce(Conv2d c, int block) {
    return serves(c, block) && c.batch() * WinogradConvolution.tiles(c) >= LEAST_TILES_OF_A_STEP;
  }

  /** Floats that a folded convolution takes beside its tensors. */
  static Room room(Conv2d c) {
    int ordered = WinogradWeights.ordered(c);
    return new Room(
        WinogradWeights.transformed(c) + c.outChannels(),
        ordered + ordered, // folded, as yet in plain order, and in that of the products
        numbersOfAGroup(c));
  }

  /** Those that another takes, or its derivative by the input. */
  static int roomOnce(Conv2d c) {
    return WinogradWeights.transformed(c)
        + Math.max(WinogradWeights.ordered(c), numbersOfAGroup(c));
  }

  private static int numbersOfAGroup(Conv2d c) {
    return Math.toIntExact(WinogradConvolution.group(c) * WinogradConvolution.numbers(c));
  }

  /** A convolution with the norm that follows, and maybe a rectifier. */
  void folded(Conv2d c, OffHeapBuffer x, FoldedNorm norm, boolean relu, OffHeapBuffer y) {
    each(
        c,
        false,
        x,
        y,
        (convolution, part) -> {
          long w = norm.weights(convolution.weights()).address();
          part.run(convolution, w, ChannelBlocks.floats(norm.shift()), relu);
        });
  }

  /** A convolution whose weights may be others in the next step: none are kept. */
  void forward(
      Conv2d c, OffHeapBuffer x, OffHeapBuffer w, @Nullable OffHeapBuffer bias, OffHeapBuffer y) {
    once(c, false, x, w, bias == null ? null : Arranger.plain(bias), y);
  }

  /** The derivative with respect to the input, itself such a convolution of the upstream one. */
  void backwardData(Conv2d c, OffHeapBuffer dy, OffHeapBuffer w, OffHeapBuffer dx) {
    var back =
        new Conv2d(
            c.batch(),
            c.outChannels(),
            c.height(),
            c.width(),
            c.inChannels(),
            3,
            3,
            1,
            1,
            1,
            1,
            1,
            1,
            1);
    once(back, true, dy, w, null, dx);
  }

  private void once(
      Conv2d c,
      boolean turned,
      OffHeapBuffer x,
      OffHeapBuffer w,
      @Nullable FloatBuffer bias,
      OffHeapBuffer y) {
    try (var transformed = new Transformed(w)) {
      each(
          c,
          turned,
          x,
          y,
          (convolution, part) -> part.run(convolution, transformed.of(convolution), bias, false));
    }
  }

  /** Weights that are transformed for one call: anew only where other groups want another order. */
  private final class Transformed implements AutoCloseable {
    private final OffHeapBuffer w;
    private String order = "";
    private @Nullable OffHeapBuffer room;

    Transformed(OffHeapBuffer w) {
      this.w = w;
    }

    long of(WinogradConvolution convolution) {
      var weights = convolution.weights();
      var kept = room;
      if (kept == null || !order.equals(weights.name())) {
        close();
        kept = oneDnn.memory().allocate(DType.F32, weights.floats());
        room = kept;
        order = weights.name();
        weights.arrange(w.reading(), kept.pointer());
      }
      return kept.pointer().address();
    }

    @Override
    public void close() {
      if (room != null) {
        room.close();
        room = null;
      }
    }
  }

  /** A group of pictures, of which {@code first} is the first. */
  private record Part(FloatBuffer x, FloatBuffer y, int first) {
    void run(WinogradConvolution convolution, long w, @Nullable FloatBuffer bias, boolean relu) {
      convolution.run(x, w, bias, relu, y, first);
    }
  }

  private void each(
      Conv2d c,
      boolean turned,
      OffHeapBuffer x,
      OffHeapBuffer y,
      BiConsumer<WinogradConvolution, Part> task) {
    while (compiled.size() > MOST) {
      var eldest = compiled.values().iterator();
      eldest.next().close();
      eldest.remove();
    }
    int places = c.height() * c.width();
    var from = arranger.reading(x, new ChannelBlocks(c.batch(), c.inChannels(), places, block));
    var to = Arranger.writing(y, new ChannelBlocks(c.batch(), c.outChannels(), places, block));
    int first = 0;
    while (first < c.batch()) { // the last group may be smaller
      int group = Math.min(WinogradConvolution.group(c), c.batch() - first);
      task.accept(convolution(c, group, turned), new Part(from, to, first));
      first += group;
    }
  }

  private WinogradConvolution convolution(Conv2d c, int pictures, boolean turned) {
    var key = new Key(c.inChannels(), c.outChannels(), c.height(), c.width(), pictures, turned);
    var known = compiled.get(key);
    if (known == null) {
      var made = new WinogradConvolution[1];
      try {
        oneDnn.together(
            0, () -> made[0] = new WinogradConvolution(oneDnn, c, block, pictures, turned));
      } catch (RuntimeException e) { // the only type that JavaCPP makes of a C++ exception
        throw OneDnn.refusal(key, e);
      }
      known = made[0];
      compiled.put(key, known);
    }
    return known;
  }

  @Override
  public void close() {
    compiled.values().forEach(WinogradConvolution::close);
    compiled.clear();
  }
}
