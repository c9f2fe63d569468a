package dev.mmib.cpu;

import static dev.mmib.cpu.Numbers.buffer;
import static dev.mmib.cpu.Numbers.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Workers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VectorNormKernelsTest {

  private final CpuBackend cpu = new CpuBackend(2);
  private final Workers workers = new Workers(2);
  private final Numbers numbers = new Numbers();

  @AfterEach
  void close() {
    workers.close();
    cpu.close();
  }

  private float[] softmax(Workers by, int rows, int cols, float... x) {
    try (Buffer from = buffer(cpu, x);
        Buffer to = cpu.allocate(DType.F32, x.length)) {
      new VectorNormKernels(by).softmax(from, to, rows, cols);
      return values(cpu, to);
    }
  }

  @Test
  void isAccurateFarBelowTheLargest() {
    for (int cols : new int[] {1, 2, 3, 5, 31, 127, 128, 2047, 2048, 2049, 5000}) {
      int rows = Math.max(3, 40_000 / cols); // several tiles and chunks, the last ones cut
      float[] x = numbers.normal(rows * cols);
      for (int i = 0; i < x.length; i++) {
        x[i] *= 6;
      }
      float[] got = softmax(workers, rows, cols, x);
      for (int r = 0; r < rows; r++) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = r * cols; i < (r + 1) * cols; i++) {
          max = Math.max(max, x[i]);
        }
        double sum = 0;
        for (int i = r * cols; i < (r + 1) * cols; i++) {
          sum += Math.exp(x[i] - max);
        }
        for (int i = r * cols; i < (r + 1) * cols; i++) {
          double wanted = Math.exp(x[i] - max) / sum;
          double tolerance = 1e-6 * (1 + max - x[i]) * wanted;
          assertEquals(wanted, got[i], tolerance, "exp(" + (x[i] - max) + ") of " + cols);
        }
      }
    }
  }

  @Test
  void givesNothingToWhatIsMasked() {
    float none = Float.NEGATIVE_INFINITY;
    assertArrayEquals(
        new float[] {0.5f, 0, 0.5f, 0, 1, 0},
        softmax(workers, 2, 3, 2, -1e9f, 2, none, 104 - 1e9f, -1e9f));
    assertArrayEquals(
        new float[] {0.25f, 0.25f, 0.25f, 0.25f},
        softmax(workers, 1, 4, -1e9f, -1e9f, -1e9f, -1e9f));
  }

  @Test
  void passesNaNOnWithinItsRow() {
    for (int at = 0; at < 5; at++) {
      float[] x = numbers.normal(10);
      x[at] = Float.NaN;
      float[] y = softmax(workers, 2, 5, x);
      for (int i = 0; i < 5; i++) {
        assertTrue(Float.isNaN(y[i]));
        assertTrue(Float.isFinite(y[5 + i]));
      }
    }
  }

  @Test
  void doesNotDependOnThreads() {
    float[] x = numbers.normal(1001 * 77);
    try (Workers alone = new Workers(1);
        Workers three = new Workers(3)) {
      float[] first = softmax(alone, 1001, 77, x);
      assertArrayEquals(first, softmax(workers, 1001, 77, x));
      assertArrayEquals(first, softmax(three, 1001, 77, x));
    }
  }

  /** x, y, means and inverse deviations of rows around {@code offset}. */
  private float[][] layerNorm(Workers by, int rows, int cols, float[] x, double eps) {
    try (Buffer from = buffer(cpu, x);
        Buffer gamma = buffer(cpu, ramp(cols, 0.5f));
        Buffer beta = buffer(cpu, ramp(cols, -1));
        Buffer to = cpu.allocate(DType.F32, x.length);
        Buffer mean = cpu.allocate(DType.F32, rows);
        Buffer invStd = cpu.allocate(DType.F32, rows)) {
      new VectorNormKernels(by).layerNorm(from, gamma, beta, eps, to, mean, invStd, rows, cols);
      return new float[][] {values(cpu, to), values(cpu, mean), values(cpu, invStd)};
    }
  }

  private static float[] ramp(int n, float first) {
    var values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = first + (float) i / n;
    }
    return values;
  }

  @Test
  void normalizesRowsAsSumsInDoubleDo() {
    double eps = 1e-5;
    for (int cols : new int[] {1, 2, 3, 5, 31, 127, 128, 768, 1025, 20_000}) {
      int rows = Math.max(3, 40_000 / cols);
      for (float offset : new float[] {0, 50}) { // where squares less their mean would cancel
        float[] x = numbers.normal(rows * cols);
        for (int i = 0; i < x.length; i++) {
          x[i] += offset;
        }
        float[][] got = layerNorm(workers, rows, cols, x, eps);
        float[] gamma = ramp(cols, 0.5f);
        float[] beta = ramp(cols, -1);
        for (int r = 0; r < rows; r++) {
          double mean = 0;
          for (int i = 0; i < cols; i++) {
            mean += (double) x[r * cols + i] / cols;
          }
          double variance = 0;
          for (int i = 0; i < cols; i++) {
            variance += Math.pow(x[r * cols + i] - mean, 2) / cols;
          }
          double factor = 1 / Math.sqrt(variance + eps);
          double tolerance = (1e-6 + 2e-7 * offset) * (1 + factor);
          assertEquals(mean, got[1][r], 1e-6 + 2e-7 * offset);
          assertEquals(factor, got[2][r], tolerance * factor);
          for (int i = 0; i < cols; i++) {
            double hat = (x[r * cols + i] - mean) * factor;
            assertEquals(
                hat * gamma[i] + beta[i],
                got[0][r * cols + i],
                2 * tolerance * (1 + Math.abs(hat)),
                cols + " columns at " + offset);
          }
        }
      }
    }
  }

  @Test
  void normalizesRowsAlikeByAnyThreads() {
    float[] x = numbers.normal(1001 * 77);
    try (Workers alone = new Workers(1);
        Workers three = new Workers(3)) {
      float[][] first = layerNorm(alone, 1001, 77, x, 1e-5);
      assertArrayEquals(first, layerNorm(workers, 1001, 77, x, 1e-5));
      assertArrayEquals(first, layerNorm(three, 1001, 77, x, 1e-5));
    }
  }
}
