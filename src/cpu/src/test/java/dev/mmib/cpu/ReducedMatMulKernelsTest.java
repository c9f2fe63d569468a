package dev.mmib.cpu;

import static dev.mmib.cpu.Numbers.buffer;
import static dev.mmib.cpu.Numbers.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Precision;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Products of rounded factors against the same rounding in plain Java. */
@SuppressWarnings("NullAway.Init")
class ReducedMatMulKernelsTest {

  private final Numbers numbers = new Numbers();

  private static CpuBackend open(int threads, Precision precision) {
    assumeTrue(
        new CpuProvider().precisions().contains(precision),
        "this CPU has no instructions for " + precision);
    return new CpuBackend(threads, precision);
  }

  /** [rows, cols] as the device rounds it. */
  private static double[] rounded(Precision precision, float[] matrix, int rows, int cols) {
    var result = new double[matrix.length];
    for (int r = 0; r < rows; r++) {
      double largest = 0;
      for (int c = 0; c < cols; c++) {
        largest = Math.max(largest, Math.abs(matrix[r * cols + c]));
      }
      float scale = largest == 0 ? 1 : (float) largest / 127;
      for (int c = 0; c < cols; c++) {
        float value = matrix[r * cols + c];
        result[r * cols + c] =
            precision == Precision.BF16
                ? toBfloat16(value)
                : Math.rint(value * (1 / (double) scale)) * scale;
      }
    }
    return result;
  }

  /** The nearest number of 8 bits, ties to the even one. */
  private static double toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int up = 0x7fff + (bits >>> 16 & 1);
    return Float.intBitsToFloat(bits + up & 0xffff0000);
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "INT8"})
  void multipliesRoundedFactors(Precision precision) {
    int[][] sizes = {
      {1, 64, 64},
      {3, 65, 64},
      {15, 64, 65},
      {16, 384, 100},
      {17, 385, 64},
      {31, 800, 77},
      {100, 130, 769},
      {255, 70, 64},
      {257, 64, 130},
      {300, 400, 65},
      {520, 96, 96}
    };
    try (var cpu = open(2, precision)) {
      for (int[] size : sizes) {
        check(cpu, precision, size[0], size[1], size[2]);
      }
      assertEquals(0, cpu.memory().liveBuffers());
    }
  }

  private void check(CpuBackend cpu, Precision precision, int rows, int out, int in) {
    float[] x = numbers.normal(rows * in);
    float[] w = numbers.normal(out * in);
    float[] bias = numbers.normal(out);
    String what = rows + " rows, " + in + " to " + out;
    try (Buffer xs = buffer(cpu, x);
        Buffer ws = buffer(cpu, w);
        Buffer shift = buffer(cpu, bias);
        Buffer y = buffer(cpu, new float[rows * out])) {
      var wanted = product(precision, x, w, bias, rows, out, in);
      cpu.matmul().linear(rows, out, in, xs, ws, shift, null, y);
      Numbers.assertNear(wanted, values(cpu, y), tolerance(precision), what);
      // Other weights, other rows: nothing that was rounded before is used.
      float[] more = numbers.normal(out * in);
      cpu.upload(more, 0, ws, 0, more.length);
      cpu.matmul().linear(rows, out, in, xs, ws, null, null, y);
      wanted = product(precision, x, more, new float[out], rows, out, in);
      Numbers.assertNear(wanted, values(cpu, y), tolerance(precision), what + ", other weights");
      float[] others = numbers.normal(rows * in);
      cpu.upload(others, 0, xs, 0, others.length);
      cpu.matmul().linear(rows, out, in, xs, ws, shift, null, y);
      wanted = product(precision, others, more, bias, rows, out, in);
      Numbers.assertNear(wanted, values(cpu, y), tolerance(precision), what + ", other rows");
      assertArrayEquals(more, values(cpu, ws), "weights stay what they are");
    }
  }

  /** Rounding to bytes may meet a tie, which one of the two breaks the other way. */
  private static double tolerance(Precision precision) {
    return precision == Precision.BF16 ? 2e-6 : 2e-3;
  }

  private static double[] product(
      Precision precision, float[] x, float[] w, float[] bias, int rows, int out, int in) {
    var a = rounded(precision, x, rows, in);
    var b = rounded(precision, w, out, in);
    var result = new double[rows * out];
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < out; o++) {
        double sum = bias[o];
        for (int i = 0; i < in; i++) {
          sum += a[r * in + i] * b[o * in + i];
        }
        result[r * out + o] = sum;
      }
    }
    return result;
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "INT8"})
  void resultsAreBitEqualForAnyNumberOfThreads(Precision precision) {
    int out = 900;
    int in = 70;
    for (int rows : new int[] {1, 19, 300}) {
      float[] x = numbers.normal(rows * in);
      float[] w = numbers.normal(out * in);
      float[] one = linear(1, precision, rows, out, in, x, w);
      for (int threads : new int[] {2, 3, 9}) {
        assertArrayEquals(one, linear(threads, precision, rows, out, in, x, w));
      }
    }
  }

  private static float[] linear(
      int threads, Precision precision, int rows, int out, int in, float[] x, float[] w) {
    try (var cpu = open(threads, precision);
        Buffer xs = buffer(cpu, x);
        Buffer ws = buffer(cpu, w);
        Buffer y = buffer(cpu, new float[rows * out])) {
      cpu.matmul().linear(rows, out, in, xs, ws, null, null, y);
      float[] first = values(cpu, y);
      cpu.matmul().linear(rows, out, in, xs, ws, null, null, y);
      assertArrayEquals(first, values(cpu, y), "again");
      return first;
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "INT8"})
  void rowsOfZerosGiveTheBiasAndRowsWithoutANumberNone(Precision precision) {
    int in = 64;
    int out = 64;
    var x = new float[3 * in];
    x[in + 5] = Float.NaN;
    x[2 * in + 7] = Float.POSITIVE_INFINITY;
    float[] bias = numbers.normal(out);
    try (var cpu = open(1, precision);
        Buffer xs = buffer(cpu, x);
        Buffer ws = buffer(cpu, numbers.normal(out * in));
        Buffer shift = buffer(cpu, bias);
        Buffer y = buffer(cpu, new float[3 * out])) {
      cpu.matmul().linear(3, out, in, xs, ws, shift, null, y);
      float[] got = values(cpu, y);
      for (int o = 0; o < out; o++) {
        assertEquals(bias[o], got[o]);
        assertTrue(Float.isNaN(got[out + o]));
        assertTrue(!Float.isFinite(got[2 * out + o]));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "INT8"})
  void smallLayersAndProductsOfOtherKindsStayExact(Precision precision) {
    try (var exact = new CpuBackend(1);
        var cpu = open(1, precision)) {
      float[] x = numbers.normal(20 * 100);
      float[] w = numbers.normal(100 * 100);
      for (int out : new int[] {1, ReducedMatMulKernels.SMALLEST - 1}) {
        assertArrayEquals(small(exact, out, x, w), small(cpu, out, x, w));
      }
      try (Buffer xs = buffer(cpu, x);
          Buffer ws = buffer(cpu, w);
          Buffer y = buffer(cpu, new float[20 * 100]);
          Buffer exactX = buffer(exact, x);
          Buffer exactW = buffer(exact, w);
          Buffer exactY = buffer(exact, new float[20 * 100])) {
        var product = Product.of(20, 100, 100, false, true);
        cpu.matmul().matmul(product, xs, ws, null, y);
        exact.matmul().matmul(product, exactX, exactW, null, exactY);
        assertArrayEquals(values(exact, exactY), values(cpu, y));
      }
    }
  }

  private static float[] small(CpuBackend cpu, int out, float[] x, float[] w) {
    try (Buffer xs = buffer(cpu, x);
        Buffer ws = buffer(cpu, w);
        Buffer y = buffer(cpu, new float[20 * out])) {
      cpu.matmul().linear(20, out, 100, xs, ws, null, null, y);
      return values(cpu, y);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "INT8"})
  void givesBackWhatItTookWhenMemoryRunsOut(Precision precision) {
    int size = 256;
    open(1, precision).close(); // skips the test where there are no instructions
    try (var memory = new OffHeapMemory(3 * 4 * size * size + 100_000);
        var workers = new Workers(1);
        var oneDnn = new OneDnn(workers, memory);
        var cpu = new CpuBackend(1);
        var kernels = new ReducedMatMulKernels(oneDnn, precision, cpu.matmul());
        var x = memory.allocate(DType.F32, size * size);
        var w = memory.allocate(DType.F32, size * size);
        var y = memory.allocate(DType.F32, size * size)) {
      x.floats().put(0, numbers.normal(size * size));
      w.floats().put(0, numbers.normal(size * size));
      var refusal =
          assertThrows(
              MmibException.class, () -> kernels.linear(size, size, size, x, w, null, null, y));
      assertEquals(ErrorCode.OUT_OF_MEMORY, refusal.code());
      assertEquals(3, memory.use().liveBuffers());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "INT8"})
  void refusesTraining(Precision precision) {
    try (var cpu = open(1, precision)) {
      var refusal = assertThrows(MmibException.class, () -> Scope.open(cpu, Mode.TRAIN));
      assertEquals(ErrorCode.USAGE, refusal.code());
      Scope.open(cpu, Mode.INFER).close();
    }
  }
}
