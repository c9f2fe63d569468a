package dev.mmib.cpu;

import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;

/** The arrays of one convolution of 3×3, and what comes of them in double precision. */
record WinogradCase(Conv2d conv, float[] x, float[] w, float[][] norm, float[] residual) {

  /** Of the largest result; direct sums in float are off by 10⁻⁷ of it, these by 2 · 10⁻⁶. */
  static final double TOLERANCE = 1e-5;

  static final double EPS = 1e-3;

  static Conv2d conv(int batch, int in, int height, int width, int out) {
    return new Conv2d(batch, in, height, width, out, 3, 3, 1, 1, 1, 1, 1, 1, 1);
  }

  static WinogradCase of(Conv2d c, Numbers numbers) {
    var norm = new float[4][];
    for (int i = 0; i < norm.length; i++) {
      norm[i] = numbers.normal(c.outChannels());
    }
    for (int i = 0; i < norm[3].length; i++) {
      norm[3][i] = 1 + norm[3][i] * norm[3][i]; // a variance
    }
    int places = c.height() * c.width();
    return new WinogradCase(
        c,
        numbers.normal(c.batch() * c.inChannels() * places),
        numbers.normal(c.outChannels() * c.inChannels() * 9),
        norm,
        numbers.normal(c.batch() * c.outChannels() * places));
  }

  double[] wanted(boolean withResidual, boolean relu) {
    int places = conv.height() * conv.width();
    var y = new double[conv.batch() * conv.outChannels() * places];
    for (int i = 0; i < y.length; i++) {
      int o = i / places % conv.outChannels();
      double factor = norm[0][o] / Math.sqrt(norm[3][o] + EPS);
      double sum = sum(i / places / conv.outChannels(), o, i % places);
      y[i] = (sum - norm[2][o]) * factor + norm[1][o] + (withResidual ? residual[i] : 0);
      y[i] = relu ? Math.max(0, y[i]) : y[i];
    }
    return y;
  }

  double[] sums() {
    int places = conv.height() * conv.width();
    var y = new double[conv.batch() * conv.outChannels() * places];
    for (int i = 0; i < y.length; i++) {
      y[i] = sum(i / places / conv.outChannels(), i / places % conv.outChannels(), i % places);
    }
    return y;
  }

  private double sum(int picture, int o, int place) {
    double sum = 0;
    for (int c = 0; c < conv.inChannels(); c++) {
      int plane = (picture * conv.inChannels() + c) * conv.height() * conv.width();
      for (int k = 0; k < 9; k++) {
        int row = place / conv.width() + k / 3 - 1;
        int column = place % conv.width() + k % 3 - 1;
        if (row >= 0 && row < conv.height() && column >= 0 && column < conv.width()) {
          sum +=
              (double) x[plane + row * conv.width() + column]
                  * w[(o * conv.inChannels() + c) * 9 + k];
        }
      }
    }
    return sum;
  }

  /** The convolution of which the derivative with respect to the input is one. */
  WinogradCase turned() {
    float[] turned = new float[w.length];
    for (int i = 0; i < w.length; i++) {
      int o = i / 9 / conv.inChannels();
      int in = i / 9 % conv.inChannels();
      turned[(in * conv.outChannels() + o) * 9 + 8 - i % 9] = w[i];
    }
    var back =
        conv(conv.batch(), conv.outChannels(), conv.height(), conv.width(), conv.inChannels());
    return new WinogradCase(back, residual, turned, norm, x);
  }
}
