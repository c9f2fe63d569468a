package dev.mmib.convert.torch;

import dev.mmib.io.TensorSource;
import dev.mmib.io.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@link TorchWriter} saves: tensors in containers, and plain values. */
public sealed interface SavedValue {

  /** A {@code dict}; its keys are texts or numbers. */
  record Dict(Map<?, SavedValue> entries) implements SavedValue {}

  /** A {@code collections.OrderedDict}, as of a state dict. */
  record Ordered(Map<?, SavedValue> entries) implements SavedValue {}

  /** A {@code list}. */
  record Items(List<SavedValue> items) implements SavedValue {}

  /** A {@code tuple}. */
  record Tuple(List<SavedValue> items) implements SavedValue {}

  /** A {@code str}. */
  record Text(String value) implements SavedValue {}

  /** An {@code int}. */
  record Whole(long value) implements SavedValue {}

  /** A {@code float}. */
  record Real(double value) implements SavedValue {}

  /** {@code True}, {@code False} or {@code None}. */
  enum Constant implements SavedValue {
    TRUE,
    FALSE,
    NONE
  }

  /** A view into a storage, which other tensors may share. */
  record Tensor(Storage storage, long offset, List<Long> dims, List<Long> strides)
      implements SavedValue {}

  /** A {@code torch.nn.Parameter}. */
  record Parameter(Tensor data) implements SavedValue {}

  /** A run of elements; two of them are the same only if they are one object. */
  final class Storage {
    private final TensorType type;
    private final long size;
    private final TensorSource.Content content;

    public Storage(TensorType type, long size, TensorSource.Content content) {
      this.type = type;
      this.size = size;
      this.content = content;
    }

    public TensorType type() {
      return type;
    }

    /** Number of elements. */
    public long size() {
      return size;
    }

    public TensorSource.Content content() {
      return content;
    }

    public int width() {
      return type.bits() / 8;
    }
  }

  /** A row-major tensor with a storage of its own. */
  static Tensor tensor(TensorSource source) {
    long size = 1;
    var strides = new ArrayList<Long>();
    for (int i = source.dims().size() - 1; i >= 0; i--) {
      strides.add(0, size);
      size = Math.multiplyExact(size, source.dims().get(i));
    }
    var storage = new Storage(source.type(), size, source.content());
    return new Tensor(storage, 0, source.dims(), strides);
  }

  /** An {@code OrderedDict} of row-major tensors. */
  static Ordered stateDict(Map<String, TensorSource> tensors) {
    var entries = new LinkedHashMap<String, SavedValue>();
    tensors.forEach((name, source) -> entries.put(name, tensor(source)));
    return new Ordered(entries);
  }
}
