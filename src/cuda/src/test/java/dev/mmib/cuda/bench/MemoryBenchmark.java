package dev.mmib.cuda.bench;

import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Precision;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.backend.kernel.OptimizerKernels.AdamStep;
import dev.mmib.backend.kernel.OptimizerKernels.Update;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdeviceptr;

/**
 * What is bound by memory, beside a copy of as much memory: a share of the copy's bandwidth comes
 * of it. At the size of a batch of posts all fits in the caches of large GPUs; at the other,
 * nothing.
 */
record MemoryBenchmark(boolean quick, Stopwatch stopwatch, PrintStream out) {

  void run() {
    try (var gpu = new Measuring(Precision.FP32, false, stopwatch, out)) {
      for (int rows : quick ? List.of(8) : List.of(4096, 131_072)) {
        rows(gpu, rows, 768);
        gelu(gpu, rows, quick ? 64 : 3072, rows > 4096 ? 4 : 1);
        softmax(gpu, rows, 128);
      }
      adam(gpu);
    }
  }

  /** A copy by the driver that reads and writes {@code bytes} together. */
  private static void copy(Measuring gpu, String shape, long bytes) {
    var from = new CUdeviceptr();
    var to = new CUdeviceptr();
    check(cuMemAlloc(from, bytes / 2));
    check(cuMemAlloc(to, bytes / 2));
    var times =
        gpu.stopwatch()
            .time(
                () -> check(cuMemcpyDtoDAsync(to, from, bytes / 2, null)),
                () -> check(cuCtxSynchronize()));
    gpu.print("copy", shape, "", times, bytes);
    check(cuMemFree(from));
    check(cuMemFree(to));
  }

  private static void check(int status) {
    if (status != 0) {
      throw new IllegalStateException("cuda: status " + status);
    }
  }

  private static void rows(Measuring gpu, int rows, int cols) {
    int n = rows * cols;
    var shape = rows + "x" + cols;
    var norm = gpu.device().norm();
    var x = gpu.numbers(n);
    var residual = gpu.numbers(n);
    var sum = gpu.room(n);
    var y = gpu.room(n);
    var dy = gpu.numbers(n);
    var gamma = gpu.numbers(cols);
    var beta = gpu.numbers(cols);
    var mean = gpu.room(rows);
    var invStd = gpu.room(rows);
    var dgamma = gpu.room(cols);
    var dbeta = gpu.room(cols);
    copy(gpu, shape, 8L * n);
    gpu.time(
        "layer norm forward",
        shape,
        8L * n,
        () -> norm.layerNorm(x, gamma, beta, 1e-12, y, mean, invStd, rows, cols));
    gpu.time(
        "layer norm backward",
        shape,
        12L * n,
        () -> norm.layerNormGrad(x, gamma, mean, invStd, dy, y, dgamma, dbeta, rows, cols));
    gpu.time(
        "residual + layer norm forward",
        shape,
        16L * n,
        () ->
            norm.residualLayerNorm(
                Dropout.NONE, x, residual, gamma, beta, 1e-12, sum, y, mean, invStd, rows, cols));
    gpu.clear();
  }

  private static void gelu(Measuring gpu, int allRows, int cols, int fewer) {
    int rows = allRows / fewer;
    int n = rows * cols;
    var shape = rows + "x" + cols;
    var kernels = gpu.device().elementwise();
    var x = gpu.numbers(n);
    var bias = gpu.numbers(cols);
    var y = gpu.room(n);
    var dy = gpu.numbers(n);
    var dbias = gpu.room(cols);
    copy(gpu, shape, 8L * n);
    gpu.time(
        "bias + GELU forward",
        shape,
        8L * n,
        () -> kernels.biasUnary(Unary.GELU, x, bias, y, rows, cols));
    gpu.time(
        "bias + GELU backward",
        shape,
        12L * n,
        () -> kernels.biasUnaryGrad(Unary.GELU, x, bias, dy, y, dbias, rows, cols));
    gpu.clear();
  }

  /** Of the rows of scores of 12 heads. */
  private static void softmax(Measuring gpu, int posts, int cols) {
    int rows = posts * 12;
    int n = rows * cols;
    var shape = rows + "x" + cols;
    var norm = gpu.device().norm();
    var x = gpu.numbers(n);
    var y = gpu.room(n);
    var dx = gpu.room(n);
    copy(gpu, shape, 8L * n);
    gpu.time("softmax forward", shape, 8L * n, () -> norm.softmax(x, y, rows, cols));
    gpu.time("softmax backward", shape, 12L * n, () -> norm.softmaxGrad(y, x, dx, rows, cols));
    gpu.clear();
  }

  /** All parameters of bert-base at once. */
  private void adam(Measuring gpu) {
    var sizes = quick ? List.of(100, 33) : bertBase();
    var step = new AdamStep(1e-6, 0.9, 0.999, 1e-8, 0.01, 1, true, 100);
    var updates = new ArrayList<Update>();
    var gradients = new ArrayList<Buffer>();
    long n = 0;
    for (int size : sizes) {
      var gradient = gpu.numbers(size);
      var v = gpu.room(size);
      gpu.device().elementwise().fill(v, 1);
      updates.add(new Update(step, gpu.numbers(size), gradient, gpu.numbers(size), v));
      gradients.add(gradient);
      n += size;
    }
    var optimizer = gpu.device().optimizer();
    copy(gpu, "bert-base", 28L * n);
    gpu.time("AdamW", "bert-base", 28L * n, () -> optimizer.adam(updates));
    gpu.time("gradient norm", "bert-base", 4L * n, () -> optimizer.sumOfSquares(gradients));
    gpu.clear();
  }

  /** The sizes of its tensors. */
  private static List<Integer> bertBase() {
    int hidden = 768;
    int inner = 3072;
    var sizes = new ArrayList<>(List.of(30_522 * hidden, 512 * hidden, 2 * hidden));
    sizes.addAll(List.of(hidden, hidden));
    for (int layer = 0; layer < 12; layer++) {
      for (int i = 0; i < 4; i++) {
        sizes.addAll(List.of(hidden * hidden, hidden));
      }
      sizes.addAll(List.of(inner * hidden, inner, hidden * inner, hidden));
      sizes.addAll(List.of(hidden, hidden, hidden, hidden));
    }
    sizes.addAll(List.of(hidden * hidden, hidden));
    return sizes;
  }
}
