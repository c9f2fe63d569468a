package dev.mmib.cpu;

import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.cpu.BlockedConvolution.Form;
import dev.mmib.cpu.BlockedConvolution.Pass;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions of pictures that stay in {@link ChannelBlocks} from one to the next.
 *
 * <p>Threads share the pictures of a batch, each with oneDNN on one thread: OpenMP's own threads
 * would spin after every call on cores that Java needs next. Only of fewer pictures than threads
 * does oneDNN divide each.
 */
final class BlockedConvolutions implements AutoCloseable {

  /** More than a ResNet-152 has, in every pass at several batch sizes. */
  private static final int MOST_PRIMITIVES = 512;

  /** Places of all outputs that one summand of a weight's gradient is worth. */
  private static final int PLACES_OF_A_PART = 768;

  private static final int MOST_PARTS = 8;
  private static final int SUM_TILE = 1 << 14;

  private final OneDnn oneDnn;
  private final Arranger arranger;
  private final int block;
  private final Map<Form, Optional<BlockedConvolution>> primitives =
      new LinkedHashMap<>(16, 0.75f, true);

  BlockedConvolutions(OneDnn oneDnn, Arranger arranger) {
    this.oneDnn = oneDnn;
    this.arranger = arranger;
    this.block = Arranger.block();
  }

  /** Whether a convolution can be computed in blocks, and oneDNN has fast code for that. */
  boolean serves(Form form) {
    evict();
    return form.fits() && pieces(form) != null;
  }

  Form form(Pass pass, Conv2d conv, boolean bias) {
    return new Form(pass, conv, block, bias, false, false, true, false);
  }

  Form folded(Conv2d conv, boolean residual, boolean relu) {
    return new Form(Pass.FORWARD, conv, block, true, residual, relu, true, true);
  }

  /** A batch cut into pieces of {@code size} pictures, of which the last may be smaller. */
  private record Pieces(int count, int size, BlockedConvolution each, BlockedConvolution last) {
    BlockedConvolution at(int piece) {
      return piece == count - 1 ? last : each;
    }
  }

  private @Nullable Pieces pieces(Form form) {
    int batch = form.conv().batch();
    int threads = oneDnn.threads();
    boolean divided = batch % threads == 0 || batch >= 2 * threads;
    int count = divided ? threads : 1;
    if (form.pass() == Pass.WEIGHTS) { // whose parts are summed: by the sizes alone
      long places = (long) batch * form.conv().outHeight() * form.conv().outWidth();
      long parts = Math.max(2, Math.min(MOST_PARTS, places / PLACES_OF_A_PART));
      count = (int) Math.min(batch, parts);
    }
    boolean alone = count > 1 || threads == 1 || form.pass() == Pass.WEIGHTS;
    int size = (batch + count - 1) / count;
    int rest = batch - (batch - 1) / size * size;
    var each = primitive(form.ofBatch(size, alone));
    var last = rest == size ? each : primitive(form.ofBatch(rest, alone));
    if (each == null || last == null) {
      return null;
    }
    boolean sameOrder = each.weights().name().equals(last.weights().name());
    if (form.pass() == Pass.WEIGHTS && !sameOrder) {
      return null; // parts of a gradient are added as they lie
    }
    return new Pieces((batch + size - 1) / size, size, each, last);
  }

  private @Nullable BlockedConvolution primitive(Form form) {
    var known = primitives.get(form);
    if (known == null) {
      var made = new BlockedConvolution[1];
      oneDnn.together(
          form.alone() ? 0 : Double.MAX_VALUE, () -> made[0] = BlockedConvolution.of(oneDnn, form));
      known = Optional.ofNullable(made[0]);
      primitives.put(form, known);
    }
    return known.orElse(null);
  }

  /** Makes room for new primitives before a call: what one call uses must stay until its end. */
  private void evict() {
    while (primitives.size() > MOST_PRIMITIVES) {
      var eldest = primitives.values().iterator();
      eldest.next().ifPresent(BlockedConvolution::close);
      eldest.remove();
    }
  }

  /** Where piece after piece of some pictures begins. */
  private record Pictures(BytePointer start, long bytesEach) {
    BytePointer at(int picture) {
      return picture == 0 ? start : start.getPointer(picture * bytesEach);
    }
  }

  private Pictures input(Form form, OffHeapBuffer x) {
    var c = form.conv();
    return new Pictures(
        form.hasInputInBlocks() ? inBlocks(x, inputOrder(c)) : x.reading(),
        4L * c.inChannels() * c.height() * c.width());
  }

  private Pictures output(Form form, BytePointer start) {
    var c = form.conv();
    return new Pictures(start, 4L * c.outChannels() * c.outHeight() * c.outWidth());
  }

  private ChannelBlocks inputOrder(Conv2d c) {
    return new ChannelBlocks(c.batch(), c.inChannels(), c.height() * c.width(), block);
  }

  private ChannelBlocks outputOrder(Conv2d c) {
    return new ChannelBlocks(c.batch(), c.outChannels(), c.outHeight() * c.outWidth(), block);
  }

  private BytePointer inBlocks(OffHeapBuffer buffer, ChannelBlocks order) {
    return arranger.arranged(buffer, order).laidOut();
  }

  void forward(
      Form form, OffHeapBuffer x, OffHeapBuffer w, @Nullable OffHeapBuffer bias, OffHeapBuffer y) {
    try (var ordered = ordered(form, w)) {
      forward(form, x, ordered.weights(), bias == null ? null : bias.reading(), null, y);
    }
  }

  /** Forward with the weights folded with the norm that follows. */
  void folded(
      Form form,
      OffHeapBuffer x,
      FoldedNorm norm,
      @Nullable OffHeapBuffer residual,
      OffHeapBuffer y) {
    evict();
    var pieces = requireServed(form);
    var each = norm.weights(pieces.each().weights());
    var last = norm.weights(pieces.last().weights());
    forward(form, x, new BytePointer[] {each, last}, norm.shift(), residual, y);
  }

  private void forward(
      Form form,
      OffHeapBuffer x,
      BytePointer[] weights,
      @Nullable BytePointer bias,
      @Nullable OffHeapBuffer residual,
      OffHeapBuffer y) {
    var from = input(form, x);
    var order = outputOrder(form.conv());
    var added = residual == null ? null : output(form, inBlocks(residual, order));
    var to = output(form, y.overwriting(order));
    var pieces = requireServed(form);
    each(
        form,
        pieces,
        i -> {
          int first = i * pieces.size();
          BytePointer w = weights[i == pieces.count() - 1 ? 1 : 0];
          if (bias == null) {
            pieces.at(i).run(from.at(first), w, to.at(first));
          } else if (added == null) {
            pieces.at(i).run(from.at(first), w, to.at(first), bias);
          } else {
            pieces.at(i).run(from.at(first), w, to.at(first), bias, added.at(first));
          }
        });
  }

  void backwardData(Form form, OffHeapBuffer dy, OffHeapBuffer w, OffHeapBuffer dx) {
    var c = form.conv();
    var from = output(form, inBlocks(dy, outputOrder(c)));
    var to =
        new Pictures(dx.overwriting(inputOrder(c)), 4L * c.inChannels() * c.height() * c.width());
    var pieces = requireServed(form);
    try (var ordered = ordered(form, w)) {
      each(
          form,
          pieces,
          i -> {
            int first = i * pieces.size();
            var weights = ordered.weights()[i == pieces.count() - 1 ? 1 : 0];
            pieces.at(i).run(to.at(first), weights, from.at(first));
          });
    }
  }

  void backwardWeights(Form form, OffHeapBuffer x, OffHeapBuffer dy, OffHeapBuffer dw) {
    var from = input(form, x);
    var upstream = output(form, inBlocks(dy, outputOrder(form.conv())));
    var pieces = requireServed(form);
    var order = pieces.each().weights();
    long bytes = 4L * order.floats();
    try (var parts =
        oneDnn.memory().allocate(DType.F32, Math.multiplyExact(pieces.count(), order.floats()))) {
      var sums = new Pictures(parts.pointer(), bytes);
      oneDnn.forEach(
          pieces.count(),
          i -> {
            int first = i * pieces.size();
            pieces.at(i).run(from.at(first), sums.at(i), upstream.at(first));
          });
      sum(parts.floats(), pieces.count(), order.floats());
      order.restore(parts.pointer(), dw.overwriting(null));
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

  private void each(Form form, Pieces pieces, IntConsumer task) {
    if (pieces.count() == 1) {
      var c = form.conv();
      double outputs = (double) c.batch() * c.outChannels() * c.outHeight() * c.outWidth();
      oneDnn.together(
          outputs * c.inChannels() * c.kernelHeight() * c.kernelWidth(), () -> task.accept(0));
    } else {
      oneDnn.forEach(pieces.count(), task);
    }
  }

  private Pieces requireServed(Form form) {
    var pieces = pieces(form);
    if (pieces == null) {
      throw new IllegalStateException("convolution: no code for " + form);
    }
    return pieces;
  }

  /**
   * Copies of weights for the pieces of a batch, and for the last of them.
   *
   * @param rooms where they are
   */
  private record Ordered(List<OffHeapBuffer> rooms) implements AutoCloseable {

    BytePointer[] weights() {
      return new BytePointer[] {
        rooms.get(0).reading(), rooms.get(rooms.size() - 1).reading(),
      };
    }

    @Override
    public void close() {
      rooms.forEach(OffHeapBuffer::close);
    }
  }

  /** Weights in oneDNN's order. They are not kept: where they stay, the norm is folded. */
  private Ordered ordered(Form form, OffHeapBuffer w) {
    var pieces = requireServed(form);
    var ordered = new Ordered(new ArrayList<>());
    try {
      arrange(w, pieces.each().weights(), ordered);
      if (!pieces.last().weights().name().equals(pieces.each().weights().name())) {
        arrange(w, pieces.last().weights(), ordered);
      }
      return ordered;
    } catch (RuntimeException | Error e) {
      ordered.close();
      throw e;
    }
  }

  private static void arrange(OffHeapBuffer w, WeightOrder order, Ordered to) {
    var room = order.room();
    to.rooms().add(room);
    order.arrange(w.reading(), room.pointer());
  }

  @Override
  public void close() {
    primitives.values().forEach(p -> p.ifPresent(BlockedConvolution::close));
    primitives.clear();
  }
}
