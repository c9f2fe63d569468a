package dev.mmib.backend;

import dev.mmib.backend.Bench.Twin;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.Dropout;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Attention against the reference. */
public interface AttentionContract extends KernelContract {

  @Test
  default void attendsToEverything() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        attend(bench, heads(2, 3, n, 5, 7), false, false, Dropout.NONE);
        attend(bench, heads(2, 2, 4, n, 5), false, false, Dropout.NONE);
        attend(bench, heads(1, 2, 3, 4, n), false, false, Dropout.NONE);
        attend(bench, heads(n, 1, 2, 3, 4), false, false, Dropout.NONE);
      }
      attend(bench, heads(1, 2, 127, 127, 64), false, false, Dropout.NONE);
      attend(bench, heads(3, 12, 80, 5, 64), false, false, Dropout.NONE);
    }
  }

  @Test
  default void masksKeysAndQueries() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        attend(bench, heads(2, 3, n, 5, 4), true, false, Dropout.NONE);
        attend(bench, heads(2, 2, 4, n, 3), true, false, Dropout.NONE);
        attend(bench, heads(2, 2, n, 4, 3), false, true, Dropout.NONE);
        attend(bench, heads(2, 2, 4, n, 3), true, true, Dropout.NONE);
      }
    }
  }

  @Test
  default void dropsTheSameProbabilities() {
    try (var bench = bench()) {
      for (int n : Bench.SIZES) {
        attend(bench, heads(2, 3, n, 5, 4), true, false, new Dropout(0.5, 3, 0x2_0000_0001L));
        attend(bench, heads(2, 3, 5, n, 4), false, true, new Dropout(0.1, -7, 9));
      }
    }
  }

  /** So many keys that devices which work in blocks of queries have several, the last smaller. */
  @Test
  default void attendsOverLongSequences() {
    try (var bench = bench()) {
      attend(bench, heads(1, 2, 100, 700, 8), true, true, new Dropout(0.1, 5, 6));
      attend(bench, heads(2, 1, 300, 301, 4), true, false, Dropout.NONE);
      attend(bench, heads(1, 1, 33, 5000, 4), false, true, new Dropout(0.5, 5, 6));
    }
  }

  private static Heads heads(int batch, int heads, int queries, int keys, int headDim) {
    return new Heads(batch, heads, queries, keys, headDim, 1 / Math.sqrt(headDim));
  }

  private static void attend(
      Bench bench, Heads heads, boolean maskKeys, boolean maskQueries, Dropout dropout) {
    var what = heads + (maskKeys ? " keys" : "") + (maskQueries ? " queries" : "") + " " + dropout;
    int queries = heads.batch() * heads.queries();
    int keys = heads.batch() * heads.keys();
    var keyMask = maskKeys ? bench.mask(keys) : null;
    var queryMask = maskQueries ? bench.mask(queries) : null;
    var q = bench.uniform(queries * heads.width(), -2, 2);
    var k = bench.uniform(keys * heads.width(), -2, 2);
    var v = bench.uniform(keys * heads.width());
    var p = bench.floats(heads.heads() * queries * heads.keys());
    var out = bench.floats(queries * heads.width());
    var dout = bench.uniform(queries * heads.width());
    var dq = bench.floats(queries * heads.width());
    var dk = bench.floats(keys * heads.width());
    var dv = bench.floats(keys * heads.width());
    bench.each(
        d -> {
          var masks = new Masks(on(d, keyMask), on(d, queryMask));
          d.attention().probabilities(heads, q.on(d), k.on(d), masks, p.on(d));
          // What is saved is the device's own affair, its length too.
          try (var saved = d.allocate(DType.F32, d.attention().savedLength(heads))) {
            d.attention()
                .forward(heads, q.on(d), k.on(d), v.on(d), masks, dropout, out.on(d), saved);
            d.attention()
                .backward(
                    heads,
                    q.on(d),
                    k.on(d),
                    v.on(d),
                    masks,
                    dropout,
                    out.on(d),
                    saved,
                    dout.on(d),
                    dq.on(d),
                    dk.on(d),
                    dv.on(d));
          }
        });
    if (dropout.isNone()) {
      var inferred = bench.floats(queries * heads.width());
      bench.each(
          d -> {
            var masks = new Masks(on(d, keyMask), on(d, queryMask));
            int length = Math.max(1, d.attention().scratchLength(heads));
            try (var scratch = d.allocate(DType.F32, length)) {
              d.attention().infer(heads, q.on(d), k.on(d), v.on(d), masks, inferred.on(d), scratch);
            }
          });
      bench.assertClose(inferred, 1e-5, 5e-6, "out in inference of " + what);
    }
    bench.assertClose(p, 2e-5, 1e-6, "P of " + what);
    bench.assertClose(out, 1e-5, 5e-6, "out of " + what);
    // Differences of nearly equal numbers: the error is that of their terms.
    bench.assertWithin(dq, 1e-5, 2e-5, "dq of " + what);
    bench.assertWithin(dk, 1e-5, 2e-5, "dk of " + what);
    bench.assertClose(dv, 1e-5, 5e-6, "dv of " + what);
  }

  private static @Nullable Buffer on(Backend backend, @Nullable Twin twin) {
    return twin == null ? null : twin.on(backend);
  }
}
