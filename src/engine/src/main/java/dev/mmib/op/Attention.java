package dev.mmib.op;

import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head scaled dot-product attention; heads lie side by side in the last axis.
 *
 * <pre>
 *   S = Q Kᵀ / √(d/heads), and −1e9 where a mask is 0     per sequence and head
 *   P = softmax(S),  D = dropout(P),  out = D V
 *
 *   dV = Dᵀ dout,  dD = dout Vᵀ,  dP = dropout′(dD)
 *   dS = P ⊙ (dP − Σ dP⊙P), 0 where masked
 *   dQ = dS K / √(d/heads),  dK = dSᵀ Q / √(d/heads)
 * </pre>
 *
 * A masked query, and a query whose keys are all masked, attends to every key equally.
 */
public final class Attention {

  private Attention() {}

  /**
   * Attention of every query to every key.
   *
   * @param q [B, Lq, d]
   * @param k [B, Lk, d]
   * @param v [B, Lk, d]
   * @param heads a divisor of d
   * @param keyMask [B, Lk], 1 to attend to and 0 to mask, or null for all ones
   * @param queryMask [B, Lq], or null for all ones
   * @param dropout probability that an element of P is dropped, in a TRAIN scope only
   * @return [B, Lq, d]
   */
  public static Tensor attention(
      Tensor q,
      Tensor k,
      Tensor v,
      int heads,
      @Nullable Tensor keyMask,
      @Nullable Tensor queryMask,
      double dropout) {
    var sizes = sizes("attention", q, k, heads);
    Checks.require(
        v.shape().equals(k.shape()), "attention", "keys and values differ", v.shape(), k.shape());
    var masks = masks("attention", sizes, keyMask, queryMask);
    var scope = Scope.current();
    var out = scope.allocate(q.shape());
    var drop = new Dropout(dropout, 0, 0);
    var kernels = scope.backend().attention();
    if (scope.mode() == Mode.INFER) {
      try (var inner = Scope.open(scope.backend(), Mode.INFER)) {
        var scratch = inner.allocate(Shape.of(Math.max(1, kernels.scratchLength(sizes))));
        kernels.infer(
            sizes, q.buffer(), k.buffer(), v.buffer(), masks, out.buffer(), scratch.buffer());
      }
      return out;
    }
    var saved = scope.allocate(Shape.of(kernels.savedLength(sizes)));
    if (!drop.isNone()) {
      drop = new Dropout(dropout, scope.random().seed(), scope.random().nextStream());
    }
    return recorded(sizes, q, k, v, masks, drop, out, saved);
  }

  private static Tensor recorded(
      Heads sizes,
      Tensor q,
      Tensor k,
      Tensor v,
      Masks masks,
      Dropout dropout,
      Tensor out,
      Tensor saved) {
    forward(sizes, q, k, v, masks, dropout, out, saved);
    return Tape.recordJointly(
        "attention",
        out,
        Arrays.asList(q, k, v),
        needed ->
            dout -> {
              var scope = Scope.current();
              var dq = scope.allocate(q.shape());
              var dk = scope.allocate(k.shape());
              var dv = scope.allocate(v.shape());
              scope
                  .backend()
                  .attention()
                  .backward(
                      sizes,
                      q.buffer(),
                      k.buffer(),
                      v.buffer(),
                      masks,
                      dropout,
                      out.buffer(),
                      saved.buffer(),
                      dout.buffer(),
                      dq.buffer(),
                      dk.buffer(),
                      dv.buffer());
              return Arrays.asList(
                  needed[0] ? dq : null, needed[1] ? dk : null, needed[2] ? dv : null);
            });
  }

  private static void forward(
      Heads sizes,
      Tensor q,
      Tensor k,
      Tensor v,
      Masks masks,
      Dropout dropout,
      Tensor out,
      Tensor saved) {
    Scope.current()
        .backend()
        .attention()
        .forward(
            sizes,
            q.buffer(),
            k.buffer(),
            v.buffer(),
            masks,
            dropout,
            out.buffer(),
            saved.buffer());
  }

  /**
   * P of {@link #attention}, for reports: it has no derivative.
   *
   * @return [B, heads, Lq, Lk]
   */
  public static Tensor attentionProbabilities(
      Tensor q, Tensor k, int heads, @Nullable Tensor keyMask, @Nullable Tensor queryMask) {
    var sizes = sizes("attentionProbabilities", q, k, heads);
    var masks = masks("attentionProbabilities", sizes, keyMask, queryMask);
    var scope = Scope.current();
    var p = scope.allocate(Shape.of(sizes.batch(), heads, sizes.queries(), sizes.keys()));
    scope.backend().attention().probabilities(sizes, q.buffer(), k.buffer(), masks, p.buffer());
    return Tape.forwardOnly("attentionProbabilities", p, q, k);
  }

  private static Heads sizes(String op, Tensor q, Tensor k, int heads) {
    Checks.requireRank(op, "queries", q, 3);
    Checks.requireRank(op, "keys", k, 3);
    var fitting = Shape.of(q.shape().dim(0), k.shape().dim(1), q.shape().dim(2));
    Checks.require(k.shape().equals(fitting), op, "keys do not fit queries", k.shape(), fitting);
    int width = q.shape().dim(2);
    Checks.require(
        heads > 0 && width % heads == 0, op, "heads do not divide the width", heads, width);
    int headDim = width / heads;
    return new Heads(
        q.shape().dim(0),
        heads,
        q.shape().dim(1),
        k.shape().dim(1),
        headDim,
        1 / Math.sqrt(headDim));
  }

  private static Masks masks(
      String op, Heads sizes, @Nullable Tensor keyMask, @Nullable Tensor queryMask) {
    requireMask(op, "key mask", keyMask, Shape.of(sizes.batch(), sizes.keys()));
    requireMask(op, "query mask", queryMask, Shape.of(sizes.batch(), sizes.queries()));
    return new Masks(
        keyMask == null ? null : keyMask.buffer(), queryMask == null ? null : queryMask.buffer());
  }

  private static void requireMask(String op, String what, @Nullable Tensor mask, Shape expected) {
    if (mask != null) {
      Checks.requireConstant(op + ": " + what, mask);
      Checks.requireShape(op, what, mask, expected);
    }
  }
}
