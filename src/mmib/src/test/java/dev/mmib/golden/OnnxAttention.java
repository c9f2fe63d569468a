package dev.mmib.golden;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.mul;
import static dev.mmib.op.Arithmetic.scale;

import dev.mmib.golden.OnnxOps.Result;
import dev.mmib.op.Activation;
import dev.mmib.op.Attention;
import dev.mmib.op.Layout;
import dev.mmib.op.MatMul;
import dev.mmib.op.Softmax;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ONNX attention over [batch, heads, length, size].
 *
 * <p>Plain attention runs the fused operator; masks over pairs, causal masks, soft caps, caches and
 * the scores themselves, which that operator does not have, are composed of products and softmax.
 */
final class OnnxAttention {

  /** Below every score: the exponential of its distance to any other score is 0. */
  private static final float MASKED = -1e30f;

  private OnnxAttention() {}

  static List<Result> attention(OnnxNode node) {
    NotApplicable.unless(node.input(0).rank() == 4, "Attention over three dimensions");
    var q = node.floats(0);
    var ownK = node.floats(1);
    var ownV = node.floats(2);
    var k = node.has(4) ? Layout.concat(2, node.floats(4), ownK) : ownK;
    var v = node.has(5) ? Layout.concat(2, node.floats(5), ownV) : ownV;
    int heads = q.shape().dim(1);
    double size = q.shape().last();
    double factor = node.number("scale", 1 / Math.sqrt(size));
    boolean plain =
        !node.has(3)
            && !node.has(4)
            && !node.has(6)
            && node.integer("is_causal", 0) == 0
            && node.number("softcap", 0) == 0
            && node.outputs().size() == 1
            && v.shape().last() == k.shape().last();
    var wideK = shared(k, heads);
    var wideV = shared(v, heads);
    if (plain) {
      var mixed =
          Attention.attention(
              joined(scale(q, factor * Math.sqrt(size))),
              joined(wideK),
              joined(wideV),
              heads,
              null,
              null,
              0);
      return List.of(Result.close(parted(mixed, heads)));
    }
    var results = composed(node, q, wideK, wideV, factor);
    if (node.outputs().size() > 1 && node.has(4)) {
      results.add(1, Result.exact(k));
      results.add(2, Result.exact(v));
    }
    return results;
  }

  /** One head of keys serves several heads of queries that lie side by side. */
  private static Tensor shared(Tensor x, int heads) {
    int own = x.shape().dim(1);
    if (own == heads) {
      return x;
    }
    int batch = x.shape().dim(0);
    int length = x.shape().dim(2);
    int size = x.shape().last();
    var each = Layout.reshape(x, batch, own, 1, length, size);
    var wide = Layout.broadcastTo(each, Shape.of(batch, own, heads / own, length, size));
    return Layout.reshape(wide, batch, heads, length, size);
  }

  /** [B, H, L, D] → [B, L, H·D]. */
  private static Tensor joined(Tensor x) {
    var s = x.shape();
    return Layout.reshape(Layout.permute(x, 0, 2, 1, 3), s.dim(0), s.dim(2), s.dim(1) * s.dim(3));
  }

  private static Tensor parted(Tensor x, int heads) {
    var s = x.shape();
    return Layout.permute(
        Layout.reshape(x, s.dim(0), s.dim(1), heads, s.last() / heads), 0, 2, 1, 3);
  }

  private static List<Result> composed(OnnxNode node, Tensor q, Tensor k, Tensor v, double factor) {
    var raw = scale(MatMul.matmul(q, false, k, true), factor);
    double cap = node.number("softcap", 0);
    var capped = cap == 0 ? raw : scale(Activation.tanh(scale(raw, 1 / cap)), cap);
    var mask = mask(node, q, k);
    var biased = mask == null ? capped : add(capped, mask.bias());
    var softmax = Softmax.softmax(biased);
    var probabilities = mask == null ? softmax : mul(softmax, mask.anyKey());
    var results = new ArrayList<Result>();
    results.add(Result.close(MatMul.matmul(probabilities, v)));
    boolean wantsScores = node.outputs().size() == (node.has(4) ? 4 : 2);
    if (wantsScores) {
      var scores =
          switch ((int) node.integer("qk_matmul_output_mode", 0)) {
            case 0 -> raw;
            case 1 -> capped;
            case 2 -> biased;
            default -> probabilities;
          };
      results.add(Result.close(scores));
    }
    return results;
  }

  /**
   * What is added to the scores, and a factor that makes rows without any key zero.
   *
   * @param bias [B, H, Lq, Lk]
   * @param anyKey [B, H, Lq, 1]
   */
  private record Mask(Tensor bias, Tensor anyKey) {}

  private static @Nullable Mask mask(OnnxNode node, Tensor q, Tensor k) {
    boolean causal = node.integer("is_causal", 0) != 0;
    if (!node.has(3) && !node.has(6) && !causal) {
      return null;
    }
    int batch = q.shape().dim(0);
    int heads = q.shape().dim(1);
    int queries = q.shape().dim(2);
    int keys = k.shape().dim(2);
    var bias = new float[batch * heads * queries * keys];
    var any = new float[batch * heads * queries];
    for (int row = 0; row < any.length; row++) {
      int b = row / (heads * queries);
      int i = row % queries;
      int valid = node.has(6) ? node.ints(6)[b] : keys;
      // The first query follows the cache; with padding, the last one sees the last key.
      int offset = node.has(4) ? node.input(4).dims()[2] : node.has(6) ? valid - queries : 0;
      for (int j = 0; j < keys; j++) {
        float value = node.has(3) ? maskAt(node.input(3), b, row / queries % heads, i, j) : 0;
        if (j >= valid || (causal && j > i + offset)) {
          value = MASKED;
        }
        value = Math.max(value, MASKED);
        bias[row * keys + j] = value;
        any[row] = Math.max(any[row], value > MASKED ? 1 : 0);
      }
      // A row with keys may have −∞ among its scores; in one without any it would give NaN.
      for (int j = row * keys; j < (row + 1) * keys && any[row] > 0; j++) {
        bias[j] = bias[j] > MASKED ? bias[j] : Float.NEGATIVE_INFINITY;
      }
    }
    var scope = Scope.current();
    return new Mask(
        scope.of(Shape.of(batch, heads, queries, keys), bias),
        scope.of(Shape.of(batch, heads, queries, 1), any));
  }

  /** An element of a mask that broadcasts against [B, H, Lq, Lk]; booleans say what may be seen. */
  private static float maskAt(OnnxTensor mask, int... index) {
    int at = 0;
    var dims = mask.dims();
    for (int a = 0; a < dims.length; a++) {
      int i = index[index.length - dims.length + a];
      at = at * dims[a] + (dims[a] == 1 ? 0 : i);
    }
    return mask.type().equals("BOOL") ? (mask.wholes()[at] != 0 ? 0 : MASKED) : mask.floats()[at];
  }
}
