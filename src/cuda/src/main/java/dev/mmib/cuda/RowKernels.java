package dev.mmib.cuda;

import java.util.List;
import java.util.function.UnaryOperator;

/** One operation along the rows of a matrix, by a kernel for each length of rows. */
final class RowKernels {

  private static final int LEAST_THREADS = 128;
  private static final int MOST_THREADS = 512;

  /**
   * How a kernel divides the work, named by the suffix of the kernel.
   *
   * @param multiple what the length of rows must be a multiple of
   * @param longest the longest rows it takes
   * @param threads that share a row; 0 for a block of any size
   */
  record Shape(String suffix, int multiple, int longest, int threads) {

    /** A block of any size a row of any length. */
    static Shape block(String suffix) {
      return new Shape(suffix, 1, Integer.MAX_VALUE, 0);
    }

    private boolean takes(int cols) {
      return cols % multiple == 0 && cols <= longest;
    }
  }

  private final List<Shape> shapes;
  private final List<Kernel> kernels;

  /**
   * The kernels {@code operation_suffix} of {@code kernels/file.cu}.
   *
   * @param shapes best first; the last takes all rows
   */
  RowKernels(CudaStream stream, String file, String operation, List<Shape> shapes) {
    this.shapes = shapes;
    this.kernels =
        shapes.stream().map(s -> stream.kernel(file, operation + "_" + s.suffix())).toList();
  }

  private int choice(int cols) {
    int i = 0;
    while (!shapes.get(i).takes(cols)) {
      i++;
    }
    return i;
  }

  /** The kernel for rows of {@code cols}, to be launched by the caller. */
  Kernel kernel(int cols) {
    return kernels.get(choice(cols));
  }

  /** Launches the kernel; {@code arguments} adds all but the last two, rows and cols. */
  void launch(int rows, int cols, UnaryOperator<Kernel> arguments) {
    if (rows == 0 || cols == 0) {
      return;
    }
    int choice = choice(cols);
    int perRow = shapes.get(choice).threads();
    if (perRow == 0) {
      perRow = blockThreads(cols);
      arguments.apply(kernels.get(choice)).value(rows).value(cols).launch(rows, perRow);
      return;
    }
    int threads = Math.max(LEAST_THREADS, perRow);
    int rowsPerBlock = threads / perRow;
    arguments
        .apply(kernels.get(choice))
        .value(rows)
        .value(cols)
        .launch(blocks(rows, rowsPerBlock), threads);
  }

  /** Threads of a block that works on a row, a few elements each. */
  static int blockThreads(int cols) {
    return Math.min(MOST_THREADS, 32 * blocks(cols, 4 * 32));
  }

  /** {@code ⌈n / each⌉}, at least 1. */
  static int blocks(int n, int each) {
    return Math.max(1, (int) (((long) n + each - 1) / each));
  }
}
