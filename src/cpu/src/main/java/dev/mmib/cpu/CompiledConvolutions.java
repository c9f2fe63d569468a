package dev.mmib.cpu;

import dev.mmib.cpu.BlockedConvolution.Form;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Convolutions of pictures in {@link ChannelBlocks} by their forms, and of batches in pieces. */
final class CompiledConvolutions implements AutoCloseable {

  /** More than a ResNet-152 has, in every pass at several batch sizes. */
  private static final int MOST = 512;

  private final OneDnn oneDnn;
  private final Map<Form, Optional<BlockedConvolution>> compiled =
      new LinkedHashMap<>(16, 0.75f, true);

  CompiledConvolutions(OneDnn oneDnn) {
    this.oneDnn = oneDnn;
  }

  /** A batch cut into pieces of {@code size} pictures, of which the last may be smaller. */
  record Pieces(int count, int size, BlockedConvolution each, BlockedConvolution last) {
    BlockedConvolution at(int piece) {
      return piece == count - 1 ? last : each;
    }

    /** Whether all pieces have their weights in the same order. */
    boolean agree() {
      return each.weights().name().equals(last.weights().name());
    }
  }

  /** At most {@code count} pieces of a batch; null if oneDNN has no code made for them. */
  @Nullable Pieces cut(Form form, int count, boolean alone) {
    int batch = form.conv().batch();
    int size = (batch + count - 1) / count;
    int rest = batch - (batch - 1) / size * size;
    var each = of(form.ofBatch(size, alone));
    var last = rest == size ? each : of(form.ofBatch(rest, alone));
    return each == null || last == null
        ? null
        : new Pieces((batch + size - 1) / size, size, each, last);
  }

  /** One of a form; null if oneDNN has no code made for it. */
  @Nullable BlockedConvolution of(Form form) {
    var known = compiled.get(form);
    if (known == null) {
      var made = new BlockedConvolution[1];
      oneDnn.together(
          form.alone() ? 0 : Double.MAX_VALUE, () -> made[0] = BlockedConvolution.of(oneDnn, form));
      known = Optional.ofNullable(made[0]);
      compiled.put(form, known);
    }
    return known.orElse(null);
  }

  /** Makes room for new ones before a call: what one call uses must stay until its end. */
  void evict() {
    while (compiled.size() > MOST) {
      var eldest = compiled.values().iterator();
      eldest.next().ifPresent(BlockedConvolution::close);
      eldest.remove();
    }
  }

  @Override
  public void close() {
    compiled.values().forEach(p -> p.ifPresent(BlockedConvolution::close));
    compiled.clear();
  }
}
