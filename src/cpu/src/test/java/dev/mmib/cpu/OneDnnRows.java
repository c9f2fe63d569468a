package dev.mmib.cpu;

import static dev.mmib.cpu.Numbers.assertNear;
import static dev.mmib.cpu.Numbers.buffer;
import static dev.mmib.cpu.Numbers.values;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import org.apache.commons.numbers.gamma.Erf;
import org.junit.jupiter.api.Test;

/** What is computed element by element and row by row: GELU, softmax, layer norm. */
abstract class OneDnnRows extends OneDnnFixture {

  OneDnnRows() {
    super(true);
  }

  @Test
  void computesBothGelusAndTheirDerivatives() {
    float[] x = new float[4001];
    for (int i = 0; i < x.length; i++) {
      x[i] = (i - 2000) / 200f;
    }
    float[] ones = new float[x.length];
    java.util.Arrays.fill(ones, 1);
    for (Unary f : new Unary[] {Unary.GELU, Unary.GELU_TANH}) {
      var wanted = new double[x.length];
      var slope = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        wanted[i] = gelu(f, x[i]);
        slope[i] = (gelu(f, x[i] + 1e-4) - gelu(f, x[i] - 1e-4)) / 2e-4;
      }
      try (Buffer bx = buffer(cpu, x);
          Buffer dy = buffer(cpu, ones);
          Buffer y = room(x.length);
          Buffer dx = room(x.length)) {
        cpu.elementwise().unary(f, bx, y);
        cpu.elementwise().unaryGrad(f, bx, y, dy, dx);
        for (int i = 0; i < x.length; i++) {
          // Φ is good to a rounding or two, and x times it accordingly.
          double scale = Math.max(0.25, Math.abs(x[i]));
          assertEquals(wanted[i], values(cpu, y)[i], 4 * ROUNDING * scale, f + "(" + x[i] + ")");
          assertEquals(slope[i], values(cpu, dx)[i], 20 * ROUNDING, f + "'(" + x[i] + ")");
        }
      }
    }
  }

  private static double gelu(Unary f, double x) {
    return f == Unary.GELU
        ? 0.5 * x * (1 + Erf.value(x / Math.sqrt(2)))
        : 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  @Test
  void normalizesRows() {
    for (int cols : new int[] {1, 3, 31, 32, 33, 127, 1025}) {
      for (int rows : new int[] {1, 3, 33}) {
        checkSoftmax(rows, cols);
        checkLayerNorm(rows, cols);
      }
    }
  }

  private void checkSoftmax(int rows, int cols) {
    float[] x = numbers.normal(rows * cols);
    float[] dy = numbers.normal(rows * cols);
    var y = new double[x.length];
    var logY = new double[x.length];
    var dx = new double[x.length];
    var logDx = new double[x.length];
    for (int r = 0; r < rows; r++) {
      double sum = 0;
      for (int c = 0; c < cols; c++) {
        sum += Math.exp(x[r * cols + c]);
      }
      double dot = 0;
      double total = 0;
      for (int i = r * cols; i < (r + 1) * cols; i++) {
        y[i] = Math.exp(x[i]) / sum;
        logY[i] = x[i] - Math.log(sum);
        dot += y[i] * dy[i];
        total += dy[i];
      }
      for (int i = r * cols; i < (r + 1) * cols; i++) {
        dx[i] = y[i] * (dy[i] - dot);
        logDx[i] = dy[i] - y[i] * total;
      }
    }
    String what = "softmax " + rows + "x" + cols;
    try (Buffer bx = buffer(cpu, x);
        Buffer bdy = buffer(cpu, dy);
        Buffer out = room(x.length);
        Buffer grad = room(x.length)) {
      cpu.norm().softmax(bx, out, rows, cols);
      cpu.norm().softmaxGrad(out, bdy, grad, rows, cols);
      assertNear(y, values(cpu, out), 10 * ROUNDING, what);
      if (cols > 1) {
        assertNear(dx, values(cpu, grad), 10 * ROUNDING, "gradient of " + what);
      }
      cpu.norm().logSoftmax(bx, out, rows, cols);
      cpu.norm().logSoftmaxGrad(out, bdy, grad, rows, cols);
      if (cols > 1) {
        assertNear(logY, values(cpu, out), 10 * ROUNDING, "log " + what);
        assertNear(logDx, values(cpu, grad), 20 * ROUNDING, "gradient of log " + what);
      }
    }
  }

  private void checkLayerNorm(int rows, int cols) {
    double eps = 1e-5;
    float[] x = numbers.normal(rows * cols);
    float[] dy = numbers.normal(rows * cols);
    float[] gamma = numbers.normal(cols);
    float[] beta = numbers.normal(cols);
    var y = new double[x.length];
    var dx = new double[x.length];
    var dgamma = new double[cols];
    var dbeta = new double[cols];
    var means = new double[rows];
    var inverses = new double[rows];
    for (int r = 0; r < rows; r++) {
      double mean = 0;
      double variance = 0;
      for (int c = 0; c < cols; c++) {
        mean += x[r * cols + c] / (double) cols;
      }
      for (int c = 0; c < cols; c++) {
        variance += Math.pow(x[r * cols + c] - mean, 2) / cols;
      }
      double inverse = 1 / Math.sqrt(variance + eps);
      means[r] = mean;
      inverses[r] = inverse;
      double meanG = 0;
      double meanGx = 0;
      for (int c = 0; c < cols; c++) {
        int i = r * cols + c;
        double xHat = (x[i] - mean) * inverse;
        y[i] = xHat * gamma[c] + beta[c];
        dgamma[c] += dy[i] * xHat;
        dbeta[c] += dy[i];
        meanG += gamma[c] * dy[i] / cols;
        meanGx += gamma[c] * dy[i] * xHat / cols;
      }
      for (int c = 0; c < cols; c++) {
        int i = r * cols + c;
        double xHat = (x[i] - mean) * inverse;
        dx[i] = inverse * (gamma[c] * dy[i] - meanG - xHat * meanGx);
      }
    }
    String what = " of layer norm " + rows + "x" + cols;
    try (Buffer bx = buffer(cpu, x);
        Buffer bdy = buffer(cpu, dy);
        Buffer bGamma = buffer(cpu, gamma);
        Buffer bBeta = buffer(cpu, beta);
        Buffer out = room(x.length);
        Buffer mean = room(rows);
        Buffer invStd = room(rows);
        Buffer grad = room(x.length);
        Buffer gradGamma = room(cols);
        Buffer gradBeta = room(cols)) {
      cpu.norm().layerNorm(bx, bGamma, bBeta, eps, out, mean, invStd, rows, cols);
      cpu.norm()
          .layerNormGrad(bx, bGamma, mean, invStd, bdy, grad, gradGamma, gradBeta, rows, cols);
      assertNear(y, values(cpu, out), 10 * ROUNDING, "y" + what);
      assertNear(means, values(cpu, mean), 4 * ROUNDING, 1, "mean" + what);
      assertNear(inverses, values(cpu, invStd), 10 * ROUNDING, "invStd" + what);
      if (cols > 1) {
        assertNear(dx, values(cpu, grad), 20 * ROUNDING, "dx" + what);
        assertNear(dgamma, values(cpu, gradGamma), 10 * ROUNDING, "dgamma" + what);
      }
      assertNear(dbeta, values(cpu, gradBeta), 10 * ROUNDING, "dbeta" + what);
    }
  }

  @Test
  void hidesNoNaN() {
    float[] x = numbers.normal(66);
    x[40] = Float.NaN;
    try (Buffer bx = buffer(cpu, x);
        Buffer ones = buffer(cpu, numbers.normal(66));
        Buffer stat = room(2);
        Buffer inverse = room(2);
        Buffer y = room(66)) {
      cpu.norm().softmax(bx, y, 2, 33);
      assertNaNAt40(y, "softmax");
      cpu.norm().logSoftmax(bx, y, 2, 33);
      assertNaNAt40(y, "logSoftmax");
      cpu.norm().layerNorm(bx, ones, ones, 1e-5, y, stat, inverse, 2, 33);
      assertNaNAt40(y, "layerNorm");
      for (Unary f : new Unary[] {Unary.GELU, Unary.GELU_TANH}) {
        cpu.elementwise().unary(f, bx, y);
        assertNaNAt40(y, f.toString());
      }
    }
  }

  private void assertNaNAt40(Buffer y, String what) {
    assertTrue(Float.isNaN(values(cpu, y)[40]), what);
    assertTrue(Float.isFinite(values(cpu, y)[0]), what + " of the other row");
  }
}
