package dev.mmib.golden;

import static dev.mmib.golden.OnnxOps.exact;

import dev.mmib.op.Layout;
import dev.mmib.op.Lookup;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** ONNX operators that move numbers. */
final class OnnxLayout {

  private OnnxLayout() {}

  static List<OnnxOps.Result> run(OnnxNode node) {
    return switch (node.op()) {
      case "Identity" -> exact(Layout.reshape(node.floats(0), node.input(0).dims()));
      case "Reshape" -> exact(reshape(node));
      case "Flatten" -> exact(flatten(node));
      case "Squeeze" -> exact(squeeze(node));
      case "Unsqueeze" -> exact(unsqueeze(node));
      case "Transpose" -> exact(transpose(node));
      case "Concat" -> exact(Layout.concat((int) node.integer("axis", 0), node.allFloats()));
      case "Slice" -> exact(slice(node));
      case "Split" -> split(node);
      case "Expand" -> exact(expand(node));
      case "Tile" -> exact(tile(node));
      case "Pad" -> exact(pad(node));
      case "Gather" -> exact(gather(node));
      case "GatherElements" -> exact(gatherElements(node));
      case "Constant" -> exact(constant(node));
      case "ConstantOfShape" -> exact(constantOfShape(node));
      default -> throw new NotApplicable("no operator " + node.op());
    };
  }

  private static Tensor reshape(OnnxNode node) {
    var x = node.floats(0);
    var dims = node.ints(1);
    int known = 1;
    int open = -1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == 0 && node.integer("allowzero", 0) == 0) {
        dims[i] = x.shape().dim(i);
      }
      if (dims[i] < 0) {
        open = i;
      } else {
        known *= dims[i];
      }
    }
    if (open >= 0) {
      dims[open] = x.shape().size() / known;
    }
    return Layout.reshape(x, dims);
  }

  private static Tensor flatten(OnnxNode node) {
    var x = node.floats(0);
    int rank = x.shape().rank();
    int axis = (int) node.integer("axis", 1);
    int cut = axis < 0 ? axis + rank : axis;
    return Layout.reshape(x, x.shape().product(0, cut), x.shape().product(cut, rank));
  }

  private static Tensor squeeze(OnnxNode node) {
    var x = node.floats(0);
    var dims = x.shape().dims();
    var axes = new ArrayList<Integer>();
    if (node.has(1)) {
      for (int axis : node.ints(1)) {
        axes.add(x.shape().axis(axis));
      }
    } else {
      IntStream.range(0, dims.length).filter(i -> dims[i] == 1).forEach(axes::add);
    }
    return Layout.reshape(
        x,
        IntStream.range(0, dims.length).filter(i -> !axes.contains(i)).map(i -> dims[i]).toArray());
  }

  private static Tensor unsqueeze(OnnxNode node) {
    var x = node.floats(0);
    var axes = node.ints(1);
    int rank = x.shape().rank() + axes.length;
    var dims = new int[rank];
    for (int axis : axes) {
      dims[axis < 0 ? axis + rank : axis] = 1;
    }
    int next = 0;
    for (int i = 0; i < rank; i++) {
      if (dims[i] == 0) {
        dims[i] = x.shape().dim(next++);
      }
    }
    return Layout.reshape(x, dims);
  }

  private static Tensor transpose(OnnxNode node) {
    var x = node.floats(0);
    int rank = x.shape().rank();
    var reversed = IntStream.range(0, rank).map(i -> rank - 1 - i).toArray();
    return Layout.permute(x, node.integers("perm", reversed));
  }

  private static Tensor slice(OnnxNode node) {
    var x = node.floats(0);
    var starts = node.ints(1);
    var ends = node.ints(2);
    var axes = node.has(3) ? node.ints(3) : IntStream.range(0, starts.length).toArray();
    var steps = node.has(4) ? node.ints(4) : new int[0];
    for (int i = 0; i < starts.length; i++) {
      int n = x.shape().dim(axes[i]);
      if (steps.length > 0 && steps[i] != 1) {
        x = stepped(x, x.shape().axis(axes[i]), starts[i], ends[i], steps[i]);
        continue;
      }
      int from = bounded(starts[i], n);
      int to = bounded(ends[i], n);
      NotApplicable.unless(to > from, "tensors without elements");
      x = Layout.slice(x, axes[i], from, to);
    }
    return x;
  }

  /** Every step-th slice, also backwards: rows by number. */
  private static Tensor stepped(Tensor x, int axis, int start, int end, int step) {
    int n = x.shape().dim(axis);
    int least = step > 0 ? 0 : -1;
    int most = step > 0 ? n : n - 1;
    int from = Math.max(least, Math.min(most, start < 0 ? start + n : start));
    int to = Math.max(least, Math.min(most, end < 0 ? end + n : end));
    var ids = IntStream.iterate(from, i -> step > 0 ? i < to : i > to, i -> i + step).toArray();
    NotApplicable.unless(ids.length > 0, "tensors without elements");
    return gather(x, axis, ids, ids.length);
  }

  private static int bounded(int index, int n) {
    return Math.max(0, Math.min(n, index < 0 ? index + n : index));
  }

  private static List<OnnxOps.Result> split(OnnxNode node) {
    var x = node.floats(0);
    int axis = x.shape().axis((int) node.integer("axis", 0));
    int n = x.shape().dim(axis);
    int parts = node.outputs().size();
    int[] sizes;
    if (node.has(1)) {
      sizes = node.ints(1);
    } else {
      int size = (n + parts - 1) / parts;
      sizes = IntStream.range(0, parts).map(i -> Math.min(size, n - i * size)).toArray();
    }
    var results = new ArrayList<OnnxOps.Result>();
    int at = 0;
    for (int size : sizes) {
      results.add(OnnxOps.Result.exact(Layout.slice(x, axis, at, at + size)));
      at += size;
    }
    return results;
  }

  private static Tensor expand(OnnxNode node) {
    var x = node.floats(0);
    var wanted = node.ints(1);
    int rank = Math.max(wanted.length, x.shape().rank());
    var dims = new int[rank];
    for (int i = 1; i <= rank; i++) {
      int own = i <= x.shape().rank() ? x.shape().dim(-i) : 1;
      int other = i <= wanted.length ? wanted[wanted.length - i] : 1;
      dims[rank - i] = Math.max(own, other);
    }
    return Layout.broadcastTo(x, Shape.of(dims));
  }

  private static Tensor tile(OnnxNode node) {
    var x = node.floats(0);
    var repeats = node.ints(1);
    for (int axis = 0; axis < repeats.length; axis++) {
      x = Layout.concat(axis, Collections.nCopies(repeats[axis], x).toArray(new Tensor[0]));
    }
    return x;
  }

  private static Tensor pad(OnnxNode node) {
    NotApplicable.unless(node.text("mode", "constant").equals("constant"), "mode of Pad");
    var x = node.floats(0);
    var pads = node.ints(1);
    float value = node.has(2) ? node.input(2).floats()[0] : 0;
    int count = pads.length / 2;
    var axes = node.has(3) ? node.ints(3) : IntStream.range(0, count).toArray();
    for (int i = 0; i < count; i++) {
      x = padded(x, x.shape().axis(axes[i]), pads[i], pads[count + i], value);
    }
    return x;
  }

  private static Tensor padded(Tensor x, int axis, int before, int after, float value) {
    var parts = new ArrayList<Tensor>();
    if (before > 0) {
      parts.add(filled(x.shape().with(axis, before), value));
    }
    parts.add(x);
    if (after > 0) {
      parts.add(filled(x.shape().with(axis, after), value));
    }
    return parts.size() == 1 ? x : Layout.concat(axis, parts.toArray(new Tensor[0]));
  }

  private static Tensor filled(Shape shape, float value) {
    var values = new float[shape.size()];
    Arrays.fill(values, value);
    return Scope.current().of(shape, values);
  }

  /** Rows of the table that has the axis in front and the other axes flat. */
  private static Tensor gather(OnnxNode node) {
    var x = node.floats(0);
    int axis = x.shape().axis((int) node.integer("axis", 0));
    int n = x.shape().dim(axis);
    var ids = Arrays.stream(node.ints(1)).map(id -> id < 0 ? id + n : id).toArray();
    return gather(x, axis, ids, node.input(1).dims());
  }

  private static Tensor gather(Tensor x, int axis, int[] ids, int... idDims) {
    int rank = x.shape().rank();
    int n = x.shape().dim(axis);
    var front =
        IntStream.concat(IntStream.of(axis), IntStream.range(0, rank).filter(i -> i != axis))
            .toArray();
    var table = Layout.reshape(Layout.permute(x, front), n, x.shape().size() / n);
    var rows = Lookup.gatherRows(table, Scope.current().ints(Shape.of(ids.length), ids));
    var dims = x.shape().dims();
    var others = IntStream.range(0, rank).filter(i -> i != axis).map(i -> dims[i]).toArray();
    var result =
        Layout.reshape(
            rows, IntStream.concat(Arrays.stream(idDims), Arrays.stream(others)).toArray());
    int moved = idDims.length; // the axes of the indices go where the axis was
    var back = new ArrayList<Integer>();
    IntStream.range(0, axis).forEach(i -> back.add(moved + i));
    IntStream.range(0, moved).forEach(back::add);
    IntStream.range(axis, rank - 1).forEach(i -> back.add(moved + i));
    return Layout.permute(result, back.stream().mapToInt(i -> i).toArray());
  }

  /** Single elements, as rows of a table of one column. */
  private static Tensor gatherElements(OnnxNode node) {
    var x = node.floats(0);
    int axis = x.shape().axis((int) node.integer("axis", 0));
    int n = x.shape().dim(axis);
    int inner = x.shape().product(axis + 1, x.shape().rank());
    var idShape = Shape.of(node.input(1).dims());
    var ids = node.ints(1);
    var flat = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      int rest = i;
      int index = 0;
      int stride = 1;
      for (int a = x.shape().rank() - 1; a >= 0; a--) {
        int at = rest % idShape.dim(a);
        rest /= idShape.dim(a);
        index += (a == axis ? 0 : at) * stride;
        stride *= x.shape().dim(a);
      }
      flat[i] = index + (ids[i] < 0 ? ids[i] + n : ids[i]) * inner;
    }
    var table = Layout.reshape(x, x.shape().size(), 1);
    var picked = Lookup.gatherRows(table, Scope.current().ints(Shape.of(flat.length), flat));
    return Layout.reshape(picked, idShape.dims());
  }

  private static Tensor constant(OnnxNode node) {
    var value = node.tensor("value");
    NotApplicable.unless(value.type().equals("FLOAT"), "type " + value.type());
    return Scope.current().of(Shape.of(value.dims()), value.floats());
  }

  private static Tensor constantOfShape(OnnxNode node) {
    var value = node.tensor("value");
    NotApplicable.unless(value.type().equals("FLOAT"), "type " + value.type());
    var dims = node.ints(0);
    NotApplicable.unless(Arrays.stream(dims).allMatch(d -> d > 0), "tensors without elements");
    var filled = Scope.current().allocate(Shape.of(dims));
    Scope.current().backend().elementwise().fill(filled.buffer(), value.floats()[0]);
    return filled;
  }
}
