package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;

/** An activation of x plus a bias per column, on the GPU. */
final class BiasActivation {

  private final CudaStream stream;
  private final Kernel forward;
  private final Kernel backward;
  private final ColumnSums columnSums;

  BiasActivation(CudaStream stream) {
    this.stream = stream;
    forward = stream.kernel("bias_activation", "bias_unary");
    backward = stream.kernel("bias_activation", "bias_unary_grad");
    columnSums = new ColumnSums(stream);
  }

  void forward(Unary f, Buffer x, Buffer bias, Buffer y, int rows, int cols) {
    boolean fours = cols % 4 == 0;
    long n = (long) rows * cols;
    forward
        .value(f.ordinal())
        .value(fours ? 1 : 0)
        .in(x)
        .in(bias)
        .out(y)
        .value(rows)
        .value(cols)
        .over(fours ? n : 4 * n);
  }

  void backward(
      Unary f, Buffer x, Buffer bias, Buffer dy, Buffer dx, Buffer dbias, int rows, int cols) {
    if (cols == 0) {
      return;
    }
    var cut = columnSums.cut(1, rows, cols);
    if (cut.chunks() == 1) {
      launch(cut, f, x, bias, dy, dx, dbias, rows, cols);
      return;
    }
    try (var sums = stream.scratch(DType.F32, cut.chunks() * cols)) {
      launch(cut, f, x, bias, dy, dx, sums, rows, cols);
      columnSums.fold(sums, dbias, 1, cut.chunks(), cols);
    }
  }

  private void launch(
      ColumnSums.Cut cut,
      Unary f,
      Buffer x,
      Buffer bias,
      Buffer dy,
      Buffer dx,
      Buffer sums,
      int rows,
      int cols) {
    backward
        .value(f.ordinal())
        .value(cut.fours() ? 1 : 0)
        .in(x)
        .in(bias)
        .in(dy)
        .out(dx)
        .out(sums)
        .value(rows)
        .value(cols)
        .value(cut.width())
        .launch(cut.tiles(), cut.chunks(), 1, cut.threads(), cut.sharedBytes());
  }
}
