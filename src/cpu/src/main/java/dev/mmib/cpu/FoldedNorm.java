package dev.mmib.cpu;

import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ConvolutionKernels.Norm;
import java.util.List;
import java.util.Objects;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a convolution, multiplied by what the batch norm after it does, and what it adds.
 *
 * <pre>
 *   f   = gamma / √(variance + eps)
 *   w′  = w ⊙ f            per output channel
 *   b′  = beta − mean ⊙ f
 * </pre>
 *
 * <p>Kept with the weights until something that they were made of changes.
 */
final class FoldedNorm {

  private record Key(String order, double eps) {}

  private final OffHeapBuffer w;
  private final List<OffHeapBuffer> sources;
  private final double eps;
  private @Nullable WeightCopy last;

  private FoldedNorm(OffHeapBuffer w, Norm norm) {
    this.w = w;
    this.eps = norm.eps();
    this.sources =
        List.of(
            w,
            OffHeapBuffer.of(norm.gamma()),
            OffHeapBuffer.of(norm.beta()),
            OffHeapBuffer.of(norm.mean()),
            OffHeapBuffer.of(norm.variance()));
  }

  static FoldedNorm of(OffHeapBuffer w, Norm norm) {
    return new FoldedNorm(w, norm);
  }

  /** Lets folded weights, [out, in, height, width], lie as they are needed. */
  interface Arrangement {

    /** Equal for arrangements that give the same of weights of equal extents. */
    String name();

    /** What arranged weights take. */
    int floats();

    void arrange(BytePointer plainly, BytePointer to);

    /** Where room comes from. */
    OffHeapMemory memory();
  }

  /** The folded weights, arranged. */
  BytePointer weights(Arrangement order) {
    var key = new Key(order.name(), eps);
    if (w.derived(key) instanceof WeightCopy kept && kept.sources().equals(sources)) {
      last = kept;
    } else {
      var made = fold(order);
      w.keep(key, made);
      last = made;
    }
    return last.weights();
  }

  /** What is added to each output channel; after {@link #weights}. */
  BytePointer shift() {
    return Objects.requireNonNull(last).shift().reading();
  }

  private WeightCopy fold(Arrangement order) {
    int channels = sources.get(1).length();
    int each = w.length() / channels;
    var from = Arranger.plain(w);
    var gamma = Arranger.plain(sources.get(1));
    var beta = Arranger.plain(sources.get(2));
    var mean = Arranger.plain(sources.get(3));
    var variance = Arranger.plain(sources.get(4));
    var memory = order.memory();
    var shift = memory.allocate(DType.F32, channels);
    OffHeapBuffer copy = null;
    try (var scaled = memory.allocate(DType.F32, w.length())) {
      copy = memory.allocate(DType.F32, order.floats());
      var to = scaled.floats();
      var added = shift.floats();
      var row = new float[each];
      for (int c = 0; c < channels; c++) {
        double factor = gamma.get(c) / Math.sqrt(variance.get(c) + eps);
        from.get(c * each, row, 0, each);
        for (int i = 0; i < each; i++) {
          row[i] = (float) (row[i] * factor);
        }
        to.put(c * each, row, 0, each);
        added.put(c, (float) (beta.get(c) - mean.get(c) * factor));
      }
      order.arrange(scaled.pointer(), copy.pointer());
      return WeightCopy.of(sources, copy, shift);
    } catch (RuntimeException | Error e) {
      if (copy != null) {
        copy.close();
      }
      shift.close();
      throw e;
    }
  }
}
