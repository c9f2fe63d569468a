package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.LayoutKernels;

/** Copying and reordering on the GPU. */
final class CudaLayoutKernels implements LayoutKernels {

  private static final int TILE = 32;
  private static final int TILE_THREADS = 256;

  /** Axes that stay beside the two of a swap. */
  private static final int MORE = 6;

  /** Shorter axes leave tiles so empty that reading across lines is better. */
  private static final int SHORT = 8;

  private final Kernel copyBlocks;
  private final Kernel permute;
  private final Kernel permuteSwapped;

  CudaLayoutKernels(CudaStream stream) {
    copyBlocks = stream.kernel("layout", "copy_blocks");
    permute = stream.kernel("layout", "permute");
    permuteSwapped = stream.kernel("layout", "permute_swapped");
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
    boolean fours =
        block % 4 == 0
            && srcAt % 4 == 0
            && dstAt % 4 == 0
            && (count <= 1 || (srcStride % 4 == 0 && dstStride % 4 == 0));
    long n = (long) block * count;
    copyBlocks
        .value(fours ? 1 : 0)
        .inAny(src)
        .value(srcAt)
        .value(srcStride)
        .outAny(dst)
        .value(dstAt)
        .value(dstStride)
        .value(block)
        .value(count)
        .over(fours ? n : 4 * n);
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
    var axes = IndexAxes.merged(extents, strides, strides);
    if (y.length() == 0) {
      return;
    }
    int swapped = innermostOfX(axes);
    if (swapped > 0 && axes.dims()[0] >= SHORT && axes.dims()[swapped] >= SHORT) {
      swap(x, axes, swapped, y);
    } else {
      move(x, axes, y);
    }
  }

  /** Which axis of y is the innermost of x. */
  private static int innermostOfX(IndexAxes axes) {
    for (int axis = 0; axis < axes.rank(); axis++) {
      if (axes.aStrides()[axis] == 1) {
        return axis;
      }
    }
    return 0; // a single element
  }

  private void move(Buffer x, IndexAxes axes, Buffer y) {
    axes.atMost(IndexAxes.MAX, "permute");
    boolean fours = axes.dims()[0] % 4 == 0 && IndexAxes.inFours(axes.aStrides());
    int n = y.length();
    permute.value(fours ? 1 : 0).inAny(x).outAny(y).value(n).value(axes.rank());
    IndexAxes.pass(permute, axes.dims(), IndexAxes.MAX);
    IndexAxes.pass(permute, axes.aStrides(), IndexAxes.MAX);
    permute.over(fours ? n : 4L * n);
  }

  private void swap(Buffer x, IndexAxes axes, int swapped, Buffer y) {
    axes.atMost(MORE + 2, "permute");
    int more = axes.rank() - 2;
    var dims = new int[more];
    var inX = new int[more];
    var inY = new int[more];
    int swappedInY = 0;
    int stride = 1; // in y
    for (int axis = 0, m = 0; axis < axes.rank(); axis++) {
      if (axis == swapped) {
        swappedInY = stride;
      } else if (axis > 0) {
        dims[m] = axes.dims()[axis];
        inX[m] = axes.aStrides()[axis];
        inY[m++] = stride;
      }
      stride *= axes.dims()[axis];
    }
    int p = axes.dims()[0];
    int q = axes.dims()[swapped];
    permuteSwapped.inAny(x).outAny(y).value(p).value(q);
    permuteSwapped.value(axes.aStrides()[0]).value(swappedInY).value(more);
    IndexAxes.pass(permuteSwapped, dims, MORE);
    IndexAxes.pass(permuteSwapped, inX, MORE);
    IndexAxes.pass(permuteSwapped, inY, MORE);
    permuteSwapped.launch(tiles(p) * tiles(q) * (y.length() / p / q), TILE_THREADS);
  }

  private static int tiles(int extent) {
    return (extent + TILE - 1) / TILE;
  }
}
