package dev.mmib.image;

/**
 * The curve by which resizing weighs neighbouring pixels, as Pillow has it.
 *
 * <pre>
 *   bilinear   1 − |x|                                     up to 1
 *   bicubic    1.5|x|³ − 2.5|x|² + 1                       up to 1
 *              −½ (|x|³ − 5|x|² + 8|x| − 4)                up to 2
 * </pre>
 */
public enum ResizeKernel {
  BILINEAR(1) {
    @Override
    double at(double x) {
      double distance = Math.abs(x);
      return distance < 1 ? 1 - distance : 0;
    }
  },
  BICUBIC(2) {
    @Override
    double at(double x) {
      double d = Math.abs(x);
      // the order of the reference, for its roundings
      if (d < 1) {
        return (1.5 * d - 2.5) * d * d + 1;
      }
      return d < 2 ? (((d - 5) * d + 8) * d - 4) * -0.5 : 0;
    }
  };

  private final double support;

  ResizeKernel(double support) {
    this.support = support;
  }

  abstract double at(double x);

  /** Beyond which distance the curve is 0. */
  double support() {
    return support;
  }
}
