package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.Precision;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import dev.mmib.backend.kernel.OptimizerKernels.AdamStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What TF32 and bfloat16 do to attention, and that copies in bfloat16 are those of today. */
@Tag("gpu")
class PrecisionTest {

  private static final int N = 40;

  private static final List<Heads> ATTENTIONS =
      List.of(
          new Heads(2, 3, 33, 33, 64, 0.125),
          new Heads(2, 2, 80, 80, 64, 0.125),
          new Heads(1, 4, 127, 65, 32, 0.17),
          new Heads(2, 3, 128, 5, 64, 0.125),
          new Heads(2, 3, 5, 31, 64, 0.125),
          new Heads(1, 2, 31, 33, 128, 0.09),
          new Heads(1, 2, 17, 19, 12, 0.3),
          new Heads(1, 1, 9, 11, 160, 0.08));

  private static List<float[]> attend(Backend backend, Heads heads, boolean masked, Dropout drop) {
    try (var work = new Work(backend, 13)) {
      int queries = heads.batch() * heads.queries();
      int keys = heads.batch() * heads.keys();
      var q = work.numbers(queries * heads.width());
      var k = work.numbers(keys * heads.width());
      var v = work.numbers(keys * heads.width());
      var dout = work.numbers(queries * heads.width());
      var out = work.room(queries * heads.width());
      var saved = work.room(backend.attention().savedLength(heads));
      var dq = work.room(queries * heads.width());
      var dk = work.room(keys * heads.width());
      var dv = work.room(keys * heads.width());
      var mask = new float[keys];
      Arrays.fill(mask, 1);
      for (int b = 0; b < heads.batch(); b++) { // each sequence some keys shorter
        Arrays.fill(mask, (b + 1) * heads.keys() - 1 - b % 2, (b + 1) * heads.keys(), 0);
      }
      var masks = masked ? new Masks(work.of(mask), null) : Masks.NONE;
      backend.attention().forward(heads, q, k, v, masks, drop, out, saved);
      backend.attention().backward(heads, q, k, v, masks, drop, out, saved, dout, dq, dk, dv);
      return List.of(work.read(out), work.read(dq), work.read(dk), work.read(dv));
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INT8")
  void attendsLikeTheHostForwardAndBackward(Precision precision) {
    var names = List.of("out", "dq", "dk", "dv");
    try (var gpu = Gpu.open(precision, false);
        var host = new JavaBackend(2)) {
      for (var heads : ATTENTIONS) {
        for (boolean masked : new boolean[] {false, true}) {
          for (var dropout : List.of(Dropout.NONE, new Dropout(0.1, 5, 9))) {
            var got = attend(gpu, heads, masked, dropout);
            var want = attend(host, heads, masked, dropout);
            for (int i = 0; i < names.size(); i++) {
              var what = names.get(i) + " of " + heads + (masked ? ", masked, " : ", ") + dropout;
              Distances.assertNear(precision, got.get(i), want.get(i), what);
            }
          }
        }
      }
    }
  }

  /** Every way in which a weight can change between two products with it. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INT8")
  void multipliesByTheWeightsOfToday(Precision precision) {
    List<float[]> want;
    try (var host = new JavaBackend(1)) {
      want = changingProducts(host);
    }
    try (var gpu = Gpu.open(precision, false)) {
      var got = changingProducts(gpu);
      for (int i = 0; i < want.size(); i++) {
        Distances.assertNear(precision, got.get(i), want.get(i), "product after change " + i);
      }
    }
  }

  private static List<float[]> changingProducts(Backend device) {
    var products = new ArrayList<float[]>();
    try (var work = new Work(device, 17)) {
      var x = work.numbers(N * N);
      var w = work.numbers(N * N);
      var other = work.numbers(N * N);
      var m = work.of(new float[N * N]);
      var v = work.of(new float[N * N]);
      var y = work.room(N * N);
      var changes =
          List.<Runnable>of(
              () -> {},
              () -> device.elementwise().affine(w, -2, 0.5, w),
              () -> device.elementwise().accumulate(other, w),
              () -> device.upload(new float[] {30, -30, 30}, 0, w, 5, 3),
              () -> device.optimizer().adam(step(1), w, other, m, v),
              () -> device.layout().copyBlocks(other, 0, N, w, 0, N, N, N / 2),
              () -> device.elementwise().fill(w, 0.75));
      for (var change : changes) {
        change.run();
        device.matmul().matmul(Product.of(N, N, N, false, false), x, w, null, y);
        products.add(work.read(y));
      }
    }
    return products;
  }

  private static AdamStep step(long number) {
    return new AdamStep(0.5, 0.9, 0.999, 1e-8, 0.01, 1, true, number);
  }

  /** A replay multiplies by the weights that the replay before it left. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void learnsFromTheWeightsOfTodayInReplays(boolean graphs) {
    List<float[]> want;
    try (var host = new JavaBackend(1)) {
      want = training(host);
    }
    try (var gpu = Gpu.open(Precision.BF16, graphs)) {
      var got = training(gpu);
      for (int i = 0; i < want.size(); i++) {
        Distances.assertNear(Precision.BF16, got.get(i), want.get(i), "product of step " + i);
      }
      assertEquals(0, gpu.memory().liveBuffers());
    }
  }

  /** Products before and after each step; the steps are large and do not depend on the products. */
  private static List<float[]> training(Backend device) {
    var products = new ArrayList<float[]>();
    try (var work = new Work(device, 19)) {
      var x = work.numbers(N * N);
      var w = work.numbers(N * N);
      var gradient = work.numbers(N * N);
      var m = work.of(new float[N * N]);
      var v = work.of(new float[N * N]);
      var before = work.room(N * N);
      var after = work.room(N * N);
      for (int number = 1; number <= 6; number++) {
        int now = number;
        device.repeat("step", 0, () -> step(device, now, x, w, gradient, m, v, before, after));
        products.add(work.read(before));
        products.add(work.read(after));
      }
    }
    return products;
  }

  private static int step(
      Backend device,
      int number,
      Buffer x,
      Buffer w,
      Buffer gradient,
      Buffer m,
      Buffer v,
      Buffer before,
      Buffer after) {
    var product = Product.of(N, N, N, false, false);
    device.matmul().matmul(product, x, w, null, before);
    device.optimizer().adam(step(number), w, gradient, m, v);
    device.matmul().matmul(product, x, w, null, after);
    return number;
  }

  /** Between replays a weight is loaded anew, as of a checkpoint. */
  @ParameterizedTest
  @CsvSource({"FP32", "TF32", "BF16"})
  void seesWeightsThatWereLoadedBetweenReplays(Precision precision) {
    try (var gpu = Gpu.open(precision, true);
        var work = new Work(gpu, 23)) {
      var x = work.numbers(N * N);
      var w = work.of(new float[N * N]);
      var y = work.room(N * N);
      var values = new float[N * N];
      for (int run = 1; run <= 5; run++) {
        Arrays.fill(values, run);
        gpu.upload(values, 0, w, 0, values.length);
        gpu.repeat(
            "product",
            0,
            () -> {
              gpu.matmul().matmul(Product.of(N, N, N, false, false), x, w, null, y);
              return 0;
            });
        float first = work.read(y)[0];
        gpu.matmul().matmul(Product.of(N, N, N, false, false), x, w, null, y);
        assertTrue(Math.abs(first) > 1e-3, "run " + run);
        assertEquals(work.read(y)[0], first, 1e-6 * Math.abs(first), "run " + run);
      }
    }
  }
}
