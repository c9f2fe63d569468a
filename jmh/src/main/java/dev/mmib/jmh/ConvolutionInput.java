package dev.mmib.jmh;

import java.util.List;

/**
 * A convolution of 4 pictures with square kernel, and padding that keeps the extent where the
 * stride is 1.
 */
public record ConvolutionInput(String name, int in, int side, int out, int kernel, int stride) {

  /** Pictures. */
  public static final int BATCH = 4;

  /** Six that a ResNet-50 has, from the stem to the last stage. */
  static List<ConvolutionInput> all() {
    return List.of(
        new ConvolutionInput("7x7-3-64-of-224-by-2", 3, 224, 64, 7, 2),
        new ConvolutionInput("3x3-64-64-of-56", 64, 56, 64, 3, 1),
        new ConvolutionInput("1x1-256-64-of-56", 256, 56, 64, 1, 1),
        new ConvolutionInput("3x3-128-128-of-56-by-2", 128, 56, 128, 3, 2),
        new ConvolutionInput("3x3-256-256-of-14", 256, 14, 256, 3, 1),
        new ConvolutionInput("1x1-1024-2048-of-7", 1024, 7, 2048, 1, 1));
  }

  public int padding() {
    return kernel / 2;
  }

  /** Side of what comes out. */
  public int outSide() {
    return (side + 2 * padding() - kernel) / stride + 1;
  }

  /** The pictures. */
  public Operand pictures() {
    return Operand.input("x", BATCH, in, side, side);
  }

  /** The kernels. */
  public Operand weights() {
    return Operand.weight("w", out, in, kernel, kernel);
  }

  /** Multiplications and additions of a forward pass, those with padding included. */
  double operations() {
    return 2.0 * BATCH * out * outSide() * outSide() * in * kernel * kernel;
  }
}
