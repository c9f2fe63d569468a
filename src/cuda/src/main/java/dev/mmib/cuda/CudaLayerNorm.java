package dev.mmib.cuda;

import static dev.mmib.cuda.RowKernels.blocks;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.cuda.RowKernels.Shape;
import java.util.List;
import java.util.function.UnaryOperator;

/** Layer normalization along rows on the GPU, alone and at the end of a sublayer. */
final class CudaLayerNorm {

  /** The longest rows that the kernels keep in registers. */
  private static final int LONGEST_IN_REGISTERS = 1024;

  /** As kernels/layer_norm.cu lists them. */
  private static final List<Shape> SHAPES =
      List.of(
          new Shape("v2", 4, 256, 32),
          new Shape("v6", 4, 768, 32),
          new Shape("v8", 4, LONGEST_IN_REGISTERS, 32),
          Shape.block("long"));

  /** Of a block of the backward kernels; rows at once where a warp takes one. */
  private static final int THREADS = 256;

  private static final int ROWS = THREADS / 32;

  private final CudaStream stream;
  private final RowKernels forward;
  private final RowKernels residualForward;
  private final RowKernels backward;
  private final RowKernels residualBackward;
  private final Kernel columns;
  private final Kernel finish;

  CudaLayerNorm(CudaStream stream) {
    this.stream = stream;
    forward = new RowKernels(stream, "layer_norm", "layer_norm", SHAPES);
    residualForward = new RowKernels(stream, "layer_norm", "residual_layer_norm", SHAPES);
    backward = new RowKernels(stream, "layer_norm_grad", "layer_norm_grad", SHAPES);
    residualBackward =
        new RowKernels(stream, "layer_norm_grad", "residual_layer_norm_grad", SHAPES);
    columns = stream.kernel("layer_norm_grad", "layer_norm_columns");
    finish = stream.kernel("layer_norm_grad", "layer_norm_finish");
  }

  void forward(
      Buffer x,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    forward.launch(
        rows,
        cols,
        k -> k.in(x).in(gamma).in(beta).value((float) eps).out(y).out(mean).out(invStd));
  }

  void residualForward(
      Dropout dropout,
      Buffer x,
      Buffer residual,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer sum,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    residualForward.launch(
        rows,
        cols,
        k ->
            k.dropout(dropout)
                .in(x)
                .in(residual)
                .in(gamma)
                .in(beta)
                .value((float) eps)
                .out(sum)
                .out(y)
                .out(mean)
                .out(invStd));
  }

  void backward(
      Buffer x,
      Buffer gamma,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dx,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols) {
    UnaryOperator<Kernel> arguments = k -> k.in(x).in(gamma).in(mean).in(invStd).in(dy).out(dx);
    if (inRegisters(cols)) {
      backwardInOnePass(backward.kernel(cols), arguments, dgamma, dbeta, rows, cols);
    } else {
      backward.launch(rows, cols, arguments);
      sumsOverRows(x, mean, invStd, dy, dgamma, dbeta, rows, cols);
    }
  }

  void residualBackward(
      Dropout dropout,
      Buffer sum,
      Buffer gamma,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dx,
      Buffer dresidual,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols) {
    UnaryOperator<Kernel> arguments =
        k -> k.dropout(dropout).in(sum).in(gamma).in(mean).in(invStd).in(dy).out(dx).out(dresidual);
    if (inRegisters(cols)) {
      backwardInOnePass(residualBackward.kernel(cols), arguments, dgamma, dbeta, rows, cols);
    } else {
      residualBackward.launch(rows, cols, arguments);
      sumsOverRows(sum, mean, invStd, dy, dgamma, dbeta, rows, cols);
    }
  }

  private static boolean inRegisters(int cols) {
    return cols % 4 == 0 && cols <= LONGEST_IN_REGISTERS;
  }

  private void backwardInOnePass(
      Kernel kernel,
      UnaryOperator<Kernel> arguments,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols) {
    int parts = Math.min(2 * stream.processors(), blocks(rows, ROWS));
    try (var partial = stream.scratch(DType.F32, parts * 2 * cols)) {
      arguments.apply(kernel).out(partial).value(rows).value(cols).launch(parts, THREADS);
      finish(partial, parts, dgamma, dbeta, cols);
    }
  }

  /** dgamma and dbeta where the rows are too long for the kernel that takes them on the way. */
  private void sumsOverRows(
      Buffer x,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols) {
    int strips = blocks(cols, 32);
    int parts = Math.min(blocks(4 * stream.processors(), strips), blocks(rows, 4 * ROWS));
    try (var partial = stream.scratch(DType.F32, parts * 2 * cols)) {
      columns
          .in(x)
          .in(mean)
          .in(invStd)
          .in(dy)
          .out(partial)
          .value(rows)
          .value(cols)
          .launch(strips, parts, 1, THREADS, 0);
      finish(partial, parts, dgamma, dbeta, cols);
    }
  }

  private void finish(Buffer partial, int parts, Buffer dgamma, Buffer dbeta, int cols) {
    finish
        .in(partial)
        .out(dgamma)
        .out(dbeta)
        .value(parts)
        .value(cols)
        .launch(blocks(2 * cols, 32), 1024);
  }
}
