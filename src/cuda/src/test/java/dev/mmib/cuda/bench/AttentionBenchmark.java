package dev.mmib.cuda.bench;

import dev.mmib.backend.Precision;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.Dropout;
import java.io.PrintStream;
import java.util.List;

/** Fused attention at the shapes of BERT, and of texts that look at pictures. */
record AttentionBenchmark(boolean quick, Stopwatch stopwatch, PrintStream out) {

  private static final int SLOTS = 5;

  void run() {
    int heads = quick ? 2 : 12;
    int dim = 64;
    var batches = quick ? List.of(1) : List.of(8, 16, 32, 64);
    var lengths = quick ? List.of(40) : List.of(80, 128, 256, 512);
    for (var precision : List.of(Precision.FP32, Precision.BF16)) {
      try (var gpu = new Measuring(precision, false, stopwatch, out)) {
        for (int batch : batches) {
          for (int tokens : lengths) {
            measure(gpu, new Heads(batch, heads, tokens, tokens, dim, 0.125), Dropout.NONE);
          }
          int tokens = quick ? 40 : 128;
          measure(gpu, new Heads(batch, heads, tokens, SLOTS, dim, 0.125), Dropout.NONE);
        }
        int batch = quick ? 1 : 32;
        int tokens = quick ? 40 : 128;
        var dropout = new Dropout(0.1, 1, 1);
        measure(gpu, new Heads(batch, heads, tokens, tokens, dim, 0.125), dropout);
      }
    }
  }

  private static void measure(Measuring gpu, Heads h, Dropout dropout) {
    int queries = h.batch() * h.queries() * h.width();
    int keys = h.batch() * h.keys() * h.width();
    var q = gpu.numbers(queries);
    var k = gpu.numbers(keys);
    var v = gpu.numbers(keys);
    var dout = gpu.numbers(queries);
    var o = gpu.room(queries);
    var saved = gpu.room(gpu.device().attention().savedLength(h));
    var dq = gpu.room(queries);
    var dk = gpu.room(keys);
    var dv = gpu.room(keys);
    var kernels = gpu.device().attention();
    var shape =
        h.batch() + "x" + h.heads() + "x" + h.queries() + "x" + h.keys() + "x" + h.headDim();
    var name = dropout.isNone() ? "" : ", dropout";
    gpu.time(
        "attention forward" + name,
        shape,
        0,
        () -> kernels.forward(h, q, k, v, Masks.NONE, dropout, o, saved));
    gpu.time(
        "attention backward" + name,
        shape,
        0,
        () -> kernels.backward(h, q, k, v, Masks.NONE, dropout, o, saved, dout, dq, dk, dv));
    gpu.clear();
  }
}
