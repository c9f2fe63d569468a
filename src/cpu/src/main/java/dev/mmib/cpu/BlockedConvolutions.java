package dev.mmib.cpu;

import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.cpu.BlockedConvolution.Form;
import dev.mmib.cpu.BlockedConvolution.Pass;
import dev.mmib.cpu.CompiledConvolutions.Pieces;
import java.util.ArrayList;
import java.util.List;
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

  private final OneDnn oneDnn;
  private final Arranger arranger;
  private final int block;
  private final CompiledConvolutions compiled;
  private final BlockedWeightGradients gradients;

  BlockedConvolutions(OneDnn oneDnn, Arranger arranger) {
    this.oneDnn = oneDnn;
    this.arranger = arranger;
    this.block = Arranger.block();
    this.compiled = new CompiledConvolutions(oneDnn);
    this.gradients = new BlockedWeightGradients(oneDnn, compiled);
  }

  /** Whether a convolution can be computed in blocks, and oneDNN has fast code for that. */
  boolean serves(Form form) {
    compiled.evict();
    return form.fits()
        && (form.pass() == Pass.WEIGHTS ? gradients.serves(form) : pieces(form) != null);
  }

  Form form(Pass pass, Conv2d conv, boolean bias) {
    return new Form(pass, conv, block, bias, false, false, true, false);
  }

  Form folded(Conv2d conv, boolean residual, boolean relu) {
    return new Form(Pass.FORWARD, conv, block, true, residual, relu, true, true);
  }

  private @Nullable Pieces pieces(Form form) {
    int batch = form.conv().batch();
    int threads = oneDnn.threads();
    boolean divided = batch % threads == 0 || batch >= 2 * threads;
    int count = divided ? threads : 1;
    return compiled.cut(form, count, count > 1 || threads == 1);
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
    compiled.evict();
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
    var upstream = output(form, inBlocks(dy, outputOrder(form.conv())));
    gradients.compute(form, input(form, x), upstream, dw);
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
      if (!pieces.agree()) {
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
    compiled.close();
  }
}
