package dev.mmib.cpu;

import static dev.mmib.cpu.Numbers.assertNear;
import static dev.mmib.cpu.Numbers.buffer;
import static dev.mmib.cpu.Numbers.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Philox;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import org.apache.commons.numbers.gamma.Erf;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What oneDNN serves, against straightforward loops in double precision. */
abstract class OneDnnKernels {

  private static final double ROUNDING = 0x1p-23;

  private final CpuBackend cpu;
  private final Numbers numbers = new Numbers();

  OneDnnKernels(boolean sgemm) {
    cpu = new CpuBackend(2, new OffHeapMemory(), sgemm);
  }

  @AfterEach
  void close() {
    cpu.close();
  }

  private Buffer room(int length) {
    return cpu.allocate(DType.F32, length);
  }

  @Test
  void multipliesMatricesInEveryOrientation() {
    int[][] sizes = {{1, 1, 1}, {3, 31, 33}, {32, 1, 127}, {127, 33, 1025}, {1025, 3, 31}};
    for (int[] s : sizes) {
      for (int batch : new int[] {1, 3}) {
        for (int kind = 0; kind < 32; kind++) {
          boolean sharedA = (kind & 4) != 0;
          boolean sharedB = (kind & 8) != 0;
          var product =
              new Product(
                  batch,
                  s[0],
                  s[1],
                  s[2],
                  (kind & 1) != 0,
                  (kind & 2) != 0,
                  sharedA ? 0 : s[0] * s[2],
                  sharedB ? 0 : s[2] * s[1]);
          checkProduct(product, (kind & 16) != 0);
        }
      }
    }
  }

  private void checkProduct(Product p, boolean withBias) {
    float[] a = numbers.normal(p.m() * p.k() * (p.aStride() == 0 ? 1 : p.batch()));
    float[] b = numbers.normal(p.k() * p.n() * (p.bStride() == 0 ? 1 : p.batch()));
    float[] bias = numbers.normal(p.n());
    var wanted = new double[p.batch() * p.m() * p.n()];
    double terms = 0;
    for (int i = 0; i < p.batch(); i++) {
      for (int r = 0; r < p.m(); r++) {
        for (int c = 0; c < p.n(); c++) {
          double sum = withBias ? bias[c] : 0;
          double absolute = 0;
          for (int k = 0; k < p.k(); k++) {
            double term =
                (double) a[i * p.aStride() + (p.transposeA() ? k * p.m() + r : r * p.k() + k)]
                    * b[i * p.bStride() + (p.transposeB() ? c * p.k() + k : k * p.n() + c)];
            sum += term;
            absolute += Math.abs(term);
          }
          terms = Math.max(terms, absolute + Math.abs(sum));
          wanted[(i * p.m() + r) * p.n() + c] = sum;
        }
      }
    }
    try (Buffer ba = buffer(cpu, a);
        Buffer bb = buffer(cpu, b);
        Buffer bBias = buffer(cpu, bias);
        Buffer out = room(wanted.length)) {
      cpu.matmul().matmul(p, ba, bb, withBias ? bBias : null, out);
      assertNear(wanted, values(cpu, out), 10 * ROUNDING, terms, p.toString());
    }
  }

  @Test
  void convolvesForwardAndBackward() {
    Conv2d[] sizes = {
      new Conv2d(1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1),
      new Conv2d(2, 3, 17, 15, 8, 7, 7, 2, 2, 3, 3, 1, 1, 1),
      new Conv2d(3, 31, 9, 7, 33, 3, 3, 1, 1, 1, 1, 1, 1, 1),
      new Conv2d(2, 16, 8, 8, 32, 1, 1, 2, 2, 0, 0, 1, 1, 1),
      new Conv2d(2, 6, 11, 10, 9, 3, 2, 2, 1, 2, 0, 1, 1, 3),
      new Conv2d(1, 4, 12, 13, 6, 3, 3, 1, 2, 2, 1, 2, 3, 1),
      new Conv2d(2, 8, 9, 9, 8, 3, 3, 1, 1, 1, 1, 1, 1, 8),
      new Conv2d(1, 8, 10, 9, 4, 3, 3, 2, 1, 3, 2, 2, 2, 2),
    };
    for (Conv2d size : sizes) {
      checkConvolution(size, true);
      checkConvolution(size, false);
    }
  }

  /** Calls back for every product that a convolution is made of. */
  private interface Tap {
    void at(int x, int w, int y);
  }

  private static void taps(Conv2d c, Tap tap) {
    int in = c.inChannels() / c.groups();
    int out = c.outChannels() / c.groups();
    for (int b = 0; b < c.batch(); b++) {
      for (int o = 0; o < c.outChannels(); o++) {
        for (int i = 0; i < c.outHeight(); i++) {
          for (int j = 0; j < c.outWidth(); j++) {
            for (int k = 0; k < in; k++) {
              for (int p = 0; p < c.kernelHeight(); p++) {
                for (int q = 0; q < c.kernelWidth(); q++) {
                  int h = i * c.strideHeight() - c.padHeight() + p * c.dilationHeight();
                  int w = j * c.strideWidth() - c.padWidth() + q * c.dilationWidth();
                  if (h >= 0 && h < c.height() && w >= 0 && w < c.width()) {
                    int channel = o / out * in + k;
                    tap.at(
                        ((b * c.inChannels() + channel) * c.height() + h) * c.width() + w,
                        ((o * in + k) * c.kernelHeight() + p) * c.kernelWidth() + q,
                        ((b * c.outChannels() + o) * c.outHeight() + i) * c.outWidth() + j);
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  private void checkConvolution(Conv2d c, boolean withBias) {
    float[] x = numbers.normal(c.batch() * c.inChannels() * c.height() * c.width());
    float[] w =
        numbers.normal(
            c.outChannels() * (c.inChannels() / c.groups()) * c.kernelHeight() * c.kernelWidth());
    float[] dy = numbers.normal(c.batch() * c.outChannels() * c.outHeight() * c.outWidth());
    float[] bias = numbers.normal(c.outChannels());
    var y = new double[dy.length];
    var dx = new double[x.length];
    var dw = new double[w.length];
    int spatial = c.outHeight() * c.outWidth();
    for (int i = 0; withBias && i < y.length; i++) {
      y[i] = bias[i / spatial % c.outChannels()];
    }
    taps(
        c,
        (atX, atW, atY) -> {
          y[atY] += (double) x[atX] * w[atW];
          dx[atX] += (double) dy[atY] * w[atW];
          dw[atW] += (double) dy[atY] * x[atX];
        });
    try (Buffer bx = buffer(cpu, x);
        Buffer bw = buffer(cpu, w);
        Buffer bdy = buffer(cpu, dy);
        Buffer bBias = buffer(cpu, bias);
        Buffer outY = room(y.length);
        Buffer outDx = room(dx.length);
        Buffer outDw = room(dw.length)) {
      cpu.convolution().forward(c, bx, bw, withBias ? bBias : null, outY);
      cpu.convolution().backwardData(c, bdy, bw, outDx);
      cpu.convolution().backwardWeights(c, bx, bdy, outDw);
      assertNear(y, values(cpu, outY), 10 * ROUNDING, "y of " + c);
      assertNear(dx, values(cpu, outDx), 10 * ROUNDING, "dx of " + c);
      assertNear(dw, values(cpu, outDw), 10 * ROUNDING, "dw of " + c);
    }
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
  void attendsWithMasksAndDropout() {
    Heads[] sizes = {
      new Heads(1, 1, 1, 1, 1, 1),
      new Heads(2, 3, 5, 7, 4, 0.5),
      new Heads(3, 2, 33, 31, 8, 0.3),
      new Heads(2, 12, 40, 49, 64, 0.125),
    };
    for (Heads heads : sizes) {
      for (double p : new double[] {0, 0.3}) {
        for (int masks = 0; masks < 4; masks++) {
          checkAttention(heads, p, (masks & 1) != 0, (masks & 2) != 0);
        }
      }
    }
  }

  private void checkAttention(Heads h, double p, boolean maskKeys, boolean maskQueries) {
    int width = h.width();
    float[] q = numbers.normal(h.batch() * h.queries() * width);
    float[] k = numbers.normal(h.batch() * h.keys() * width);
    float[] v = numbers.normal(h.batch() * h.keys() * width);
    float[] dout = numbers.normal(q.length);
    float[] keep = new float[h.batch() * h.keys()];
    float[] ask = new float[h.batch() * h.queries()];
    for (int i = 0; i < keep.length; i++) {
      // The first sequence sees nothing at all.
      keep[i] = maskKeys && (i < h.keys() || i % 5 < 2) ? 0 : 1;
    }
    for (int i = 0; i < ask.length; i++) {
      ask[i] = maskQueries && i % 3 == 1 ? 0 : 1;
    }
    var dropout = new Dropout(p, 7, 11);
    var out = new double[q.length];
    var dq = new double[q.length];
    var dk = new double[k.length];
    var dv = new double[v.length];
    for (int b = 0; b < h.batch(); b++) {
      for (int head = 0; head < h.heads(); head++) {
        for (int i = 0; i < h.queries(); i++) {
          naiveRow(h, dropout, b, head, i, q, k, v, keep, ask, dout, out, dq, dk, dv);
        }
      }
    }
    try (Buffer bq = buffer(cpu, q);
        Buffer bk = buffer(cpu, k);
        Buffer bv = buffer(cpu, v);
        Buffer bKeep = buffer(cpu, keep);
        Buffer bAsk = buffer(cpu, ask);
        Buffer bDout = buffer(cpu, dout);
        Buffer bOut = room(out.length);
        Buffer saved = room(cpu.attention().savedLength(h));
        Buffer bDq = room(dq.length);
        Buffer bDk = room(dk.length);
        Buffer bDv = room(dv.length)) {
      var masks = new Masks(maskKeys ? bKeep : null, maskQueries ? bAsk : null);
      cpu.attention().forward(h, bq, bk, bv, masks, dropout, bOut, saved);
      cpu.attention().backward(h, bq, bk, bv, masks, dropout, bOut, saved, bDout, bDq, bDk, bDv);
      String what = h + " dropout " + p + " masks " + maskKeys + maskQueries;
      assertNear(out, values(cpu, bOut), 20 * ROUNDING, "out " + what);
      assertNear(dv, values(cpu, bDv), 20 * ROUNDING, "dv " + what);
      if (h.keys() > 1) {
        assertNear(dq, values(cpu, bDq), 40 * ROUNDING, "dq " + what);
        assertNear(dk, values(cpu, bDk), 40 * ROUNDING, "dk " + what);
      }
    }
  }

  private static void naiveRow(
      Heads h,
      Dropout dropout,
      int b,
      int head,
      int i,
      float[] q,
      float[] k,
      float[] v,
      float[] keep,
      float[] ask,
      float[] dout,
      double[] out,
      double[] dq,
      double[] dk,
      double[] dv) {
    int atQ = (b * h.queries() + i) * h.width() + head * h.headDim();
    var s = new double[h.keys()];
    var factor = new double[h.keys()];
    var open = new boolean[h.keys()];
    double max = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < h.keys(); j++) {
      int atK = (b * h.keys() + j) * h.width() + head * h.headDim();
      for (int d = 0; d < h.headDim(); d++) {
        s[j] += h.scale() * q[atQ + d] * k[atK + d];
      }
      open[j] = keep[b * h.keys() + j] != 0 && ask[b * h.queries() + i] != 0;
      s[j] = open[j] ? s[j] : -1e9;
      max = Math.max(max, s[j]);
      long index = (((long) b * h.heads() + head) * h.queries() + i) * h.keys() + j;
      var words = new int[4];
      Philox.block(dropout.seed(), dropout.stream(), index / 4, words);
      boolean strikes = !dropout.isNone() && Philox.uniform(words[(int) (index % 4)]) < dropout.p();
      factor[j] = strikes ? 0 : 1 / (1 - dropout.p());
    }
    double total = 0;
    for (int j = 0; j < h.keys(); j++) {
      s[j] = Math.exp(s[j] - max);
      total += s[j];
    }
    var dd = new double[h.keys()];
    double dot = 0;
    for (int j = 0; j < h.keys(); j++) {
      int atK = (b * h.keys() + j) * h.width() + head * h.headDim();
      s[j] /= total;
      for (int d = 0; d < h.headDim(); d++) {
        out[atQ + d] += s[j] * factor[j] * v[atK + d];
        dv[atK + d] += s[j] * factor[j] * dout[atQ + d];
        dd[j] += dout[atQ + d] * v[atK + d] * factor[j];
      }
      dot += dd[j] * s[j];
    }
    for (int j = 0; j < h.keys(); j++) {
      int atK = (b * h.keys() + j) * h.width() + head * h.headDim();
      double ds = open[j] ? s[j] * (dd[j] - dot) : 0;
      for (int d = 0; d < h.headDim(); d++) {
        dq[atQ + d] += h.scale() * ds * k[atK + d];
        dk[atK + d] += h.scale() * ds * q[atQ + d];
      }
    }
  }

  @Test
  void repeatsItselfToTheBit() {
    Product product = Product.of(127, 33, 1025, false, true);
    try (Buffer a = buffer(cpu, numbers.normal(127 * 1025));
        Buffer b = buffer(cpu, numbers.normal(33 * 1025));
        Buffer c = room(127 * 33)) {
      cpu.matmul().matmul(product, a, b, null, c);
      float[] first = values(cpu, c);
      for (int i = 0; i < 20; i++) {
        cpu.matmul().matmul(product, a, b, null, c);
        assertArrayEquals(first, values(cpu, c));
      }
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
