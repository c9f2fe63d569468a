package dev.mmib.convert.torch;

import static dev.mmib.error.MmibException.quote;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.PickleValue.Bool;
import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.pickle.PickleValue.Global;
import dev.mmib.convert.pickle.PickleValue.Int;
import dev.mmib.convert.pickle.PickleValue.None;
import dev.mmib.convert.pickle.PickleValue.Text;
import dev.mmib.convert.pickle.PickleValue.Tuple;
import dev.mmib.convert.pickle.Refusal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** What PyTorch's {@code _rebuild_*} functions make: views that lie within their storages. */
final class TensorRebuild {

  private static final int MOST_DIMS = 64;

  /**
   * Bytes that all tensors may have when written out, for every byte that is stored and besides. A
   * tied weight is two for one; a thousand names for one storage, or one element expanded to a
   * billion, are a small file that fills a disk.
   */
  private static final int MOST_PER_STORED = 4;

  private static final long MOST_BESIDES = 1L << 28;

  private static final String PLAIN = "Save plain tensors: detach().clone()";

  private final Set<TorchStorage> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private long stored;
  private long written;

  /** {@code _rebuild_tensor(storage, offset, size, stride)}. */
  TorchTensor tensor(List<PickleValue> arguments) throws Refusal {
    requireCount("_rebuild_tensor", arguments, 4, 4);
    return view(storage(arguments), arguments);
  }

  /** {@code _rebuild_tensor_v2(..., requires_grad, backward_hooks, metadata)}. */
  TorchTensor tensor2(List<PickleValue> arguments) throws Refusal {
    requireCount("_rebuild_tensor_v2", arguments, 6, 7);
    requirePlain(arguments.get(4), arguments.get(5));
    if (arguments.size() == 7) {
      requireMetadata(arguments.get(6));
    }
    return view(storage(arguments), arguments);
  }

  /** {@code _rebuild_tensor_v3(..., requires_grad, backward_hooks, dtype, metadata)}. */
  TorchTensor tensor3(List<PickleValue> arguments) throws Refusal {
    requireCount("_rebuild_tensor_v3", arguments, 7, 8);
    requirePlain(arguments.get(4), arguments.get(5));
    if (arguments.size() == 8) {
      requireMetadata(arguments.get(7));
    }
    var type = arguments.get(6) instanceof Global name ? TorchNames.type(name) : null;
    if (type == null) {
      throw Refusal.damaged("_rebuild_tensor_v3 of an unknown dtype");
    }
    return view(new RetypedStorage(storage(arguments), type), arguments);
  }

  /** {@code _rebuild_parameter(tensor, requires_grad, backward_hooks)}, once with more. */
  TorchTensor parameter(List<PickleValue> arguments, int count) throws Refusal {
    requireCount("_rebuild_parameter", arguments, count, count);
    requirePlain(arguments.get(1), arguments.get(2));
    if (arguments.get(0) instanceof TorchTensor data) {
      return new TorchTensor(data.storage(), data.offset(), data.dims(), data.strides());
    }
    throw Refusal.damaged("_rebuild_parameter of something that is no tensor");
  }

  private TorchTensor view(TorchStorage storage, List<PickleValue> arguments) throws Refusal {
    long offset = extent(arguments.get(1), "offset");
    var dims = extents(arguments.get(2), "size");
    var strides = extents(arguments.get(3), "stride");
    if (dims.size() != strides.size()) {
      throw Refusal.damaged(
          "a tensor has " + dims.size() + " extents and " + strides.size() + " strides");
    }
    try {
      requireWithin(storage, offset, dims, strides);
    } catch (ArithmeticException e) {
      throw Refusal.damaged(shown(dims, strides) + " overflows");
    }
    return new TorchTensor(storage, offset, dims, strides);
  }

  private void requireWithin(TorchStorage storage, long offset, List<Long> dims, List<Long> strides)
      throws Refusal {
    long elements = 1;
    long last = offset;
    boolean isEmpty = dims.contains(0L);
    for (int i = 0; i < dims.size(); i++) {
      elements = Math.multiplyExact(elements, Math.max(1, dims.get(i)));
      if (!isEmpty) {
        last = Math.addExact(last, Math.multiplyExact(dims.get(i) - 1, strides.get(i)));
      }
    }
    long bytes = Math.multiplyExact(elements, storage.type().bits() / 8);
    if (isEmpty ? offset > storage.size() : last >= storage.size()) {
      throw Refusal.damaged(
          shown(dims, strides)
              + " from "
              + offset
              + " reaches past its storage of "
              + storage.size());
    }
    charge(storage, isEmpty ? 0 : bytes);
  }

  private void charge(TorchStorage storage, long bytes) throws Refusal {
    var whole = storage instanceof RetypedStorage retyped ? retyped.bytes() : storage;
    if (seen.add(whole)) {
      stored = Math.addExact(stored, Math.multiplyExact(whole.size(), whole.type().bits() / 8));
    }
    written = Math.addExact(written, bytes);
    if (written - MOST_BESIDES > Math.multiplyExact(stored, MOST_PER_STORED)) {
      throw Refusal.unsupported(
          "tensors that are views of " + stored + " bytes would have " + written + " bytes or more",
          PLAIN);
    }
  }

  private static String shown(List<Long> dims, List<Long> strides) {
    return "a tensor of " + quote(dims.toString()) + " with strides " + quote(strides.toString());
  }

  private static TorchStorage storage(List<PickleValue> arguments) throws Refusal {
    if (arguments.get(0) instanceof TorchStorage storage) {
      return storage;
    }
    throw Refusal.damaged("a tensor is rebuilt on something that is no storage");
  }

  private static void requireCount(String of, List<PickleValue> arguments, int least, int most)
      throws Refusal {
    if (arguments.size() < least || arguments.size() > most) {
      throw Refusal.damaged(of + " of " + arguments.size() + " arguments");
    }
  }

  private static void requirePlain(PickleValue requiresGrad, PickleValue hooks) throws Refusal {
    if (!(requiresGrad instanceof Bool)) {
      throw Refusal.damaged("requires_grad is no truth value");
    }
    if (!isNothing(hooks)) {
      throw Refusal.unsupported("a tensor has backward hooks", PLAIN);
    }
  }

  /** Metadata is of no interest, but that of lazily negated or conjugated numbers. */
  private static void requireMetadata(PickleValue metadata) throws Refusal {
    if (metadata instanceof Dictionary dictionary) {
      for (var flag : List.of("neg", "conj")) {
        var value = dictionary.entries().get(new Text(flag));
        if (value != null && !value.equals(new Bool(false))) {
          throw Refusal.unsupported("a tensor's numbers are stored as '" + flag + "'", PLAIN);
        }
      }
    } else if (metadata != None.NONE) {
      throw Refusal.damaged("a tensor's metadata is no dictionary");
    }
  }

  /** Whether a value is {@code None} or an empty dictionary, as hooks and attributes mostly are. */
  static boolean isNothing(PickleValue value) {
    return value == None.NONE
        || value instanceof Dictionary dictionary && dictionary.entries().isEmpty();
  }

  static long extent(PickleValue value, String what) throws Refusal {
    if (value instanceof Int number
        && number.value().signum() >= 0
        && number.value().bitLength() < 64) {
      return number.value().longValueExact();
    }
    throw Refusal.damaged(what + " is no integer from 0 to 2^63 - 1");
  }

  private static List<Long> extents(PickleValue value, String what) throws Refusal {
    if (!(value instanceof Tuple tuple)) {
      throw Refusal.damaged(what + " is no tuple");
    }
    if (tuple.items().size() > MOST_DIMS) {
      throw Refusal.damaged("a tensor has " + tuple.items().size() + " dimensions");
    }
    var extents = new ArrayList<Long>();
    for (var item : tuple.items()) {
      extents.add(extent(item, what));
    }
    return extents;
  }
}
