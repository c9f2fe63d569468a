package dev.mmib.golden;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.affine;
import static dev.mmib.op.Layout.slice;
import static dev.mmib.op.MatMul.linear;
import static dev.mmib.op.Normalization.layerNorm;

import dev.mmib.golden.GoldenRun.Context;
import dev.mmib.op.Attention;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Golden attention: torch's multi-head attention and the attention block of MMIB. */
final class AttentionOps {

  private static final double EPS = 1e-5;

  private AttentionOps() {}

  static void multiHeadAttention(Context c) {
    int heads = c.golden().params().integer("heads");
    int d = c.in("q").shape().last();
    var weight = c.in("in_proj_weight");
    var bias = c.optional("in_proj_bias");
    var q = project(c.in("q"), weight, bias, 0, d);
    var k = project(c.in("k"), weight, bias, d, 2 * d);
    var v = project(c.in("v"), weight, bias, 2 * d, 3 * d);
    // torch's mask is 1 for a key to ignore, ours 1 for a key to attend to.
    var keys = c.optional("key_padding_mask") == null ? null : keep(c.floats("key_padding_mask"));
    var mixed = Attention.attention(q, k, v, heads, keys, null, 0);
    c.out("y", linear(mixed, c.in("out_proj_weight"), c.optional("out_proj_bias")));
    if (!c.isForGradients()) {
      c.out("attn", Attention.attentionProbabilities(q, k, heads, keys, null));
    }
  }

  private static Tensor keep(Tensor ignored) {
    return affine(ignored, -1, 1);
  }

  private static Tensor project(Tensor x, Tensor w, @Nullable Tensor bias, int from, int to) {
    return linear(x, slice(w, 0, from, to), bias == null ? null : slice(bias, 0, from, to));
  }

  /** LN₂(H + dense(H)) with H = LN₁(query + A): section 2 of the method. */
  static void mmibAttention(Context c) {
    var params = c.golden().params();
    int heads = params.integer("heads");
    var query = c.in("query");
    var key = params.bool("self_attention", false) ? query : c.in("key");
    var q = linear(query, c.in("p_cross_attn.linears.0.weight"), null);
    var k = linear(key, c.in("p_cross_attn.linears.1.weight"), null);
    var v = linear(key, c.in("p_cross_attn.linears.2.weight"), null);
    var kind = params.string("mask", "none").split(":", 2)[0].strip();
    Tensor keys = null;
    Tensor queries = null;
    switch (kind) {
      case "none" -> {}
      case "query" -> queries = c.floats("mask");
      case "key" -> keys = c.floats("mask");
      default -> throw new AssertionError(c.golden() + ": unknown kind of mask '" + kind + "'");
    }
    var mixed = Attention.attention(q, k, v, heads, keys, queries, 0);
    var a =
        linear(
            mixed, c.in("p_cross_attn.last_linear.weight"), c.in("p_cross_attn.last_linear.bias"));
    var h = layerNorm(add(query, a), c.in("p_ln1.weight"), c.in("p_ln1.bias"), EPS);
    var dense = linear(h, c.in("p_dense.weight"), c.in("p_dense.bias"));
    c.out("P", layerNorm(add(h, dense), c.in("p_ln2.weight"), c.in("p_ln2.bias"), EPS));
    if (!c.isForGradients()) {
      c.out("attn", Attention.attentionProbabilities(q, k, heads, keys, queries));
    }
  }
}
