package dev.mmib.backend.host;

import static dev.mmib.backend.host.HostBuffer.floats;
import static dev.mmib.backend.host.HostBuffer.ints;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.LayoutKernels;

/** Copying and reordering in plain Java. */
public final class HostLayoutKernels implements LayoutKernels {

  private final Workers workers;

  public HostLayoutKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void copyBlocks(
      Buffer src,
      int srcAt,
      int srcStride,
      Buffer dst,
      int dstAt,
      int dstStride,
      int block,
      int count) {
    var copy = Copy.between(src, dst);
    workers.forEach(
        count,
        Tiles.rows(block),
        (begin, end) -> {
          for (int n = begin; n < end; n++) {
            copy.run(srcAt + n * srcStride, 1, dstAt + n * dstStride, block);
          }
        });
  }

  @Override
  public void permute(Buffer x, int[] dims, int[] permutation, Buffer y) {
    int rank = dims.length;
    var strides = new int[rank]; // in x, of the axes of y
    var extents = new int[rank]; // of y
    for (int d = 0; d < rank; d++) {
      extents[d] = dims[permutation[d]];
      strides[d] = 1;
      for (int inner = permutation[d] + 1; inner < rank; inner++) {
        strides[d] *= dims[inner];
      }
    }
    var space = IndexSpace.of(extents, strides, strides);
    int inner = space.inner();
    var copy = Copy.between(x, y);
    workers.forEach(
        space.rows(),
        Tiles.rows(inner),
        (begin, end) -> {
          for (int row = begin; row < end; row++) {
            copy.run(space.aAt(row, 0), space.aStride(), row * inner, inner);
          }
        });
  }

  /** Copies {@code n} elements that lie {@code step} apart in the source. */
  @FunctionalInterface
  private interface Copy {
    /** Under this length a plain loop beats a bulk copy. */
    int SHORT = 16;

    void run(int from, int step, int to, int n);

    static Copy between(Buffer src, Buffer dst) {
      return src.type() == DType.F32 ? ofFloats(src, dst) : ofInts(src, dst);
    }

    private static Copy ofFloats(Buffer src, Buffer dst) {
      var x = floats(src);
      var y = floats(dst);
      return (from, step, to, n) -> {
        if (step == 1 && n >= SHORT) {
          y.put(to, x, from, n);
        } else {
          for (int i = 0; i < n; i++) {
            y.put(to + i, x.get(from + i * step));
          }
        }
      };
    }

    private static Copy ofInts(Buffer src, Buffer dst) {
      var x = ints(src);
      var y = ints(dst);
      return (from, step, to, n) -> {
        if (step == 1 && n >= SHORT) {
          y.put(to, x, from, n);
        } else {
          for (int i = 0; i < n; i++) {
            y.put(to + i, x.get(from + i * step));
          }
        }
      };
    }
  }
}
