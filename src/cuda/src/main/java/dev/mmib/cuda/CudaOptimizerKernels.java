package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.OptimizerKernels;
import java.util.List;

/** Updating parameters on the GPU, all tensors in one launch. */
final class CudaOptimizerKernels implements OptimizerKernels {

  private static final int THREADS = 256;

  // Rows of the tables, as kernels/optimizer.cu declares them.
  private static final int ADAM_WORDS = 20;
  private static final int SQUARES_WORDS = 4;

  private final CudaStream stream;
  private final Kernel adam;
  private final Kernel squares;
  private final Kernel total;

  CudaOptimizerKernels(CudaStream stream) {
    this.stream = stream;
    adam = stream.kernel("optimizer", "optimizer_adam");
    squares = stream.kernel("optimizer", "optimizer_squares");
    total = stream.kernel("optimizer", "optimizer_total");
  }

  @Override
  public void adam(AdamStep step, Buffer parameter, Buffer gradient, Buffer m, Buffer v) {
    adam(List.of(new Update(step, parameter, gradient, m, v)));
  }

  @Override
  public void adam(List<Update> updates) {
    var rows = new TensorTable(updates.size(), ADAM_WORDS);
    for (var update : updates) {
      row(update, rows);
    }
    if (rows.chunks() == 0) {
      return;
    }
    try (var table = rows.upload(stream)) {
      adam.inInts(table)
          .value(rows.tensors())
          .value(TensorTable.CHUNK)
          .launch(rows.chunks(), THREADS);
    }
    for (var update : updates) { // the kernel got these by the table, so no argument noted it
      floats(update.parameter()).written();
      floats(update.m()).written();
      floats(update.v()).written();
    }
  }

  private static void row(Update update, TensorTable rows) {
    rows.address(floats(update.parameter()));
    for (var other : List.of(update.gradient(), update.m(), update.v())) {
      if (other.length() != update.parameter().length()) {
        throw new IllegalArgumentException(
            "adam: lengths differ, "
                + other.length()
                + " vs "
                + update.parameter().length()
                + " of the parameter");
      }
      rows.address(floats(other));
    }
    rows.length(update.parameter().length());
    rows.numbers(numbers(update.step()));
  }

  /** The numbers of a row, in double precision up to here, as torch computes them. */
  private static List<Double> numbers(AdamStep s) {
    double decay = s.weightDecay();
    return List.of(
        s.gradientFactor(),
        s.decoupled() ? 1 - s.learningRate() * decay : 1,
        s.decoupled() ? 0 : decay,
        s.beta1(),
        1 - s.beta1(),
        s.beta2(),
        1 - s.beta2(),
        s.eps(),
        s.learningRate() / (1 - Math.pow(s.beta1(), s.step())),
        1 / Math.sqrt(1 - Math.pow(s.beta2(), s.step())));
  }

  private static CudaBuffer floats(Buffer buffer) {
    return CudaBuffer.of(buffer, DType.F32);
  }

  @Override
  public double sumOfSquares(Buffer x) {
    return sumOfSquares(List.of(x));
  }

  @Override
  public double sumOfSquares(List<Buffer> buffers) {
    var rows = new TensorTable(buffers.size(), SQUARES_WORDS);
    for (var buffer : buffers) {
      rows.address(floats(buffer));
      rows.length(buffer.length());
    }
    if (rows.chunks() == 0) {
      return 0;
    }
    try (var sums = stream.scratch(DType.F32, 2 * rows.chunks());
        var sum = stream.scratch(DType.F32, 2)) {
      try (var table = rows.upload(stream)) {
        squares
            .inInts(table)
            .out(sums)
            .value(rows.tensors())
            .value(TensorTable.CHUNK)
            .launch(rows.chunks(), THREADS);
      }
      total.in(sums).out(sum).value(rows.chunks()).launch(1, 1024);
      return stream.downloadDoubles(sum, 1)[0];
    }
  }
}
