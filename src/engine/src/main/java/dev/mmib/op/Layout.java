package dev.mmib.op;

import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ElementwiseKernels.Binary;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.Arrays;

/** Moving numbers without changing them; all but {@link #broadcastTo} work on ints too. */
public final class Layout {

  private Layout() {}

  /**
   * The same numbers, in the same order, under another shape; {@code dx = dy} under the shape of x.
   *
   * @param dims extents; one of them may be −1, and follows from the others
   */
  public static Tensor reshape(Tensor x, int... dims) {
    var shape = resolve(x.shape(), dims);
    if (shape.equals(x.shape())) {
      return x;
    }
    var y = x.viewAs(shape);
    return Tape.record("reshape", y).wrt(x, dy -> dy.viewAs(x.shape())).result();
  }

  private static Shape resolve(Shape from, int... dims) {
    var resolved = dims.clone();
    long known = 1;
    int open = -1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == -1 && open < 0) {
        open = i;
      } else {
        known *= dims[i];
      }
    }
    if (open >= 0 && known > 0) {
      resolved[open] = (int) (from.size() / known);
      known *= resolved[open];
    }
    if (known != from.size()) {
      throw new IllegalArgumentException(
          "reshape: sizes differ, " + from + " vs " + Arrays.toString(dims));
    }
    return Shape.of(resolved);
  }

  /** Tensors side by side along {@code axis}; the gradient of each is its slice of dy. */
  public static Tensor concat(int axis, Tensor... tensors) {
    if (tensors.length == 0) {
      throw new IllegalArgumentException("concat: no tensors");
    }
    var first = tensors[0].shape();
    int a = first.axis(axis);
    int extent = 0;
    for (var t : tensors) {
      if (t.shape().rank() != first.rank() || !t.shape().with(a, first.dim(a)).equals(first)) {
        throw new IllegalArgumentException(
            "concat: shapes differ outside axis " + a + ", " + t.shape() + " vs " + first);
      }
      extent += t.shape().dim(a);
    }
    var y = like(tensors[0], first.with(a, extent));
    var recorder = Tape.record("concat", y);
    int at = 0;
    for (var t : tensors) {
      int from = at;
      int to = at + t.shape().dim(a);
      copy(t, 0, y, from, a, to - from);
      recorder.wrt(t, dy -> slice(dy, a, from, to));
      at = to;
    }
    return recorder.result();
  }

  /**
   * The part {@code [from, to)} of {@code axis}; the gradient of the rest of x is 0.
   *
   * <p>Axes count from the end if negative, positions do not.
   */
  public static Tensor slice(Tensor x, int axis, int from, int to) {
    var shape = x.shape();
    int a = shape.axis(axis);
    if (from < 0 || from >= to || to > shape.dim(a)) {
      throw new IllegalArgumentException(
          "slice: [" + from + ", " + to + ") of axis " + a + " vs " + shape);
    }
    if (to - from == shape.dim(a)) {
      return x;
    }
    var y = like(x, shape.with(a, to - from));
    copy(x, from, y, 0, a, to - from);
    return Tape.record("slice", y)
        .wrt(
            x,
            dy -> {
              var dx = Scope.current().zeros(shape);
              copy(dy, 0, dx, from, a, to - from);
              return dx;
            })
        .result();
  }

  /**
   * {@code y[…, (i + shift) mod n, …] = x[…, i, …]} along {@code axis}, as torch.roll; the
   * derivative rolls back.
   */
  public static Tensor roll(Tensor x, int shift, int axis) {
    int a = x.shape().axis(axis);
    int n = x.shape().dim(a);
    int by = Math.floorMod(shift, n);
    if (by == 0) {
      return x;
    }
    var y = like(x, x.shape());
    copy(x, 0, y, by, a, n - by);
    copy(x, n - by, y, 0, a, by);
    return Tape.record("roll", y).wrt(x, dy -> roll(dy, -by, a)).result();
  }

  /** Reorders axes: axis d of y is axis {@code axes[d]} of x; the derivative orders them back. */
  public static Tensor permute(Tensor x, int... axes) {
    var shape = x.shape();
    int rank = shape.rank();
    if (axes.length != rank) {
      throw new IllegalArgumentException(
          "permute: axes " + Arrays.toString(axes) + " vs " + shape + ": name each axis once");
    }
    var inverse = new int[rank];
    Arrays.fill(inverse, -1);
    var dims = new int[rank];
    var order = new int[rank];
    for (int d = 0; d < rank; d++) {
      order[d] = shape.axis(axes[d]);
      if (inverse[order[d]] >= 0) {
        throw new IllegalArgumentException(
            "permute: axes " + Arrays.toString(axes) + " vs " + shape + ": name each axis once");
      }
      inverse[order[d]] = d;
      dims[d] = shape.dim(order[d]);
    }
    var y = like(x, Shape.of(dims));
    Scope.current().backend().layout().permute(x.buffer(), shape.dims(), order, y.buffer());
    return Tape.record("permute", y).wrt(x, dy -> permute(dy, inverse)).result();
  }

  /** Exchanges the last two axes. */
  public static Tensor transpose(Tensor x) {
    int rank = x.shape().rank();
    if (rank < 2) {
      throw new IllegalArgumentException("transpose: " + x.shape() + " vs at least two axes");
    }
    var axes = new int[rank];
    Arrays.setAll(axes, d -> d);
    axes[rank - 1] = rank - 2;
    axes[rank - 2] = rank - 1;
    return permute(x, axes);
  }

  /** Repeats x along new axes and those of extent 1; {@code dx} is dy summed over the repeats. */
  public static Tensor broadcastTo(Tensor x, Shape shape) {
    if (x.shape().equals(shape)) {
      return x;
    }
    if (!Broadcast.fits(x.shape(), shape)) {
      throw new IllegalArgumentException(
          "broadcastTo: " + x.shape() + " does not stretch to " + shape);
    }
    var scope = Scope.current();
    var y = scope.allocate(shape);
    var one = scope.of(Shape.of(), 1);
    var strides = Broadcast.strides(x.shape(), shape);
    scope
        .backend()
        .elementwise()
        .binaryBroadcast(
            Binary.MUL,
            x.buffer(),
            strides,
            one.buffer(),
            new int[shape.rank()],
            y.buffer(),
            shape.dims());
    return Tape.record("broadcastTo", y).wrt(x, dy -> Reduction.sumTo(dy, x.shape())).result();
  }

  private static Tensor like(Tensor x, Shape shape) {
    var scope = Scope.current();
    return x.type() == DType.F32 ? scope.allocate(shape) : scope.allocateInts(shape);
  }

  /** {@code dst[…, to + i, …] = src[…, from + i, …]} for i below {@code extent} of axis a. */
  private static void copy(Tensor src, int from, Tensor dst, int to, int a, int extent) {
    int inner = src.shape().product(a + 1, src.shape().rank());
    Scope.current()
        .backend()
        .layout()
        .copyBlocks(
            src.buffer(),
            from * inner,
            src.shape().dim(a) * inner,
            dst.buffer(),
            to * inner,
            dst.shape().dim(a) * inner,
            extent * inner,
            src.shape().product(0, a));
  }
}
