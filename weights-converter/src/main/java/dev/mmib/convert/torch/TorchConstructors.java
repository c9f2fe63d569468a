package dev.mmib.convert.torch;

import static dev.mmib.error.MmibException.quote;

import dev.mmib.convert.pickle.Constructors;
import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.PickleValue.Bool;
import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.pickle.PickleValue.Global;
import dev.mmib.convert.pickle.PickleValue.Int;
import dev.mmib.convert.pickle.PickleValue.Sequence;
import dev.mmib.convert.pickle.PickleValue.Text;
import dev.mmib.convert.pickle.PickleValue.Tuple;
import dev.mmib.convert.pickle.Refusal;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The names that {@code torch.save} writes for state dictionaries; all others are refused. */
public final class TorchConstructors implements Constructors {

  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  @FunctionalInterface
  private interface Call {
    PickleValue with(List<PickleValue> arguments) throws Refusal;
  }

  private final Storages storages;
  private final TensorRebuild rebuild = new TensorRebuild();
  private final Map<Global, Call> calls =
      Map.ofEntries(
          Map.entry(new Global("collections", "OrderedDict"), TorchConstructors::dictionary),
          Map.entry(new Global("torch", "Size"), TorchConstructors::size),
          Map.entry(new Global("torch", "device"), TorchConstructors::device),
          Map.entry(new Global("numpy", "dtype"), NumpyScalars::type),
          Map.entry(new Global("numpy.core.multiarray", "scalar"), NumpyScalars::scalar),
          Map.entry(new Global("numpy._core.multiarray", "scalar"), NumpyScalars::scalar),
          Map.entry(new Global("_codecs", "encode"), NumpyScalars::bytes),
          Map.entry(new Global("torch._utils", "_rebuild_tensor"), rebuild::tensor),
          Map.entry(new Global("torch._utils", "_rebuild_tensor_v2"), rebuild::tensor2),
          Map.entry(new Global("torch._utils", "_rebuild_tensor_v3"), rebuild::tensor3),
          Map.entry(new Global("torch._utils", "_rebuild_parameter"), this::parameter),
          Map.entry(
              new Global("torch._utils", "_rebuild_parameter_with_state"),
              this::parameterWithState));
  private final Map<String, TorchStorage> known = new HashMap<>();
  private final Set<PickleValue> parameters = Collections.newSetFromMap(new IdentityHashMap<>());

  public TorchConstructors(Storages storages) {
    this.storages = storages;
  }

  @Override
  public PickleValue named(Global name) throws Refusal {
    boolean isAllowed =
        calls.containsKey(name)
            || TorchNames.storage(name) != null
            || TorchNames.type(name) != null;
    if (!isAllowed) {
      throw Refusal.forbidden(name, TorchNames.hint(name));
    }
    return name;
  }

  @Override
  public PickleValue call(Global name, List<PickleValue> arguments) throws Refusal {
    var call = calls.get(name);
    if (call == null) {
      throw Refusal.forbidden(
          "calls " + quote(name.module() + " " + name.name()) + ", which is only a name here",
          TorchNames.hint(name));
    }
    return call.with(arguments);
  }

  /** An OrderedDict's attributes, a parameter's flags, a type's byte order: none is of interest. */
  @Override
  public void build(PickleValue on, PickleValue state) throws Refusal {
    boolean attributes = on instanceof Dictionary && state instanceof Dictionary;
    boolean flags =
        parameters.contains(on)
            && state instanceof Tuple tuple
            && tuple.items().size() == 3
            && tuple.items().get(0) instanceof Bool
            && TensorRebuild.isNothing(tuple.items().get(2));
    if (!attributes && !flags && !NumpyScalars.isState(on, state)) {
      throw Refusal.forbidden(
          "BUILD sets the state of something other than an OrderedDict or a parameter",
          "Save state_dict(): tensors, containers, numbers, strings");
    }
  }

  /** {@code ("storage", class, key, location, size)}, in streams with the part of a view. */
  @Override
  public PickleValue persistent(PickleValue id) throws Refusal {
    if (!(id instanceof Tuple tuple)
        || tuple.items().isEmpty()
        || !(tuple.items().get(0) instanceof Text kind)) {
      throw Refusal.damaged("a persistent id is not a tuple that begins with 'storage'");
    }
    var items = tuple.items();
    if (kind.value().equals("module")) {
      throw Refusal.forbidden(
          "the source code of a module is stored", "Save state_dict() instead of a whole module");
    }
    boolean isStorage = kind.value().equals("storage");
    boolean isWhole =
        items.size() == 5 || items.size() == 6 && TensorRebuild.isNothing(items.get(5));
    List<PickleValue> slice =
        items.size() == 6 && items.get(5) instanceof Tuple view && view.items().size() == 3
            ? view.items()
            : List.of();
    if (!isStorage || !isWhole && slice.isEmpty()) {
      throw Refusal.damaged(
          "a persistent id of kind "
              + quote(kind.value())
              + " with "
              + items.size()
              + " parts is not that of a whole storage or a slice of one");
    }
    requireNumbers(items.get(3));
    var whole =
        storage(items.get(1), key(items.get(2)), TensorRebuild.extent(items.get(4), "size"));
    return slice.isEmpty() ? whole : part(whole, slice);
  }

  /** {@code (key, offset, size)} of a slice, which lies within its storage. */
  private static TorchStorage part(TorchStorage whole, List<PickleValue> view) throws Refusal {
    long offset = TensorRebuild.extent(view.get(1), "a slice's offset");
    long size = TensorRebuild.extent(view.get(2), "a slice's size");
    if (offset > whole.size() || size > whole.size() - offset) {
      throw Refusal.damaged(
          "a slice of "
              + size
              + " elements from "
              + offset
              + " reaches past its storage of "
              + whole.size());
    }
    return new StoragePart(whole, key(view.get(0)), offset, size);
  }

  private TorchStorage storage(PickleValue type, String key, long size) throws Refusal {
    var elements = type instanceof Global name ? TorchNames.storage(name) : null;
    if (elements == null) {
      throw Refusal.damaged("storage " + quote(key) + " has no known class");
    }
    var before = known.get(key);
    if (before == null) {
      var storage = storages.storage(key, elements, size);
      known.put(key, storage);
      return storage;
    }
    if (before.type() != elements || before.size() != size) {
      throw Refusal.damaged("storage " + quote(key) + " is used with two types or two sizes");
    }
    return before;
  }

  private static String key(PickleValue key) throws Refusal {
    var text =
        key instanceof Text name
            ? name.value()
            : key instanceof Int number && number.value().bitLength() < 64
                ? number.value().toString()
                : "";
    if (!KEY.matcher(text).matches()) {
      throw Refusal.damaged("a storage's key is " + quote(text) + ", no plain name");
    }
    return text;
  }

  private static void requireNumbers(PickleValue location) throws Refusal {
    if (!(location instanceof Text text)) {
      throw Refusal.damaged("a storage's location is no string");
    }
    if (text.value().equals("meta")) {
      throw Refusal.unsupported(
          "a storage is on the meta device, which holds no numbers", "Save the real tensors");
    }
  }

  /** {@code OrderedDict()}, or as Python 2 wrote it: {@code OrderedDict([[key, value], ...])}. */
  private static Dictionary dictionary(List<PickleValue> arguments) throws Refusal {
    var dictionary = new Dictionary();
    if (arguments.size() > 1) {
      throw Refusal.damaged("OrderedDict of " + arguments.size() + " arguments");
    }
    for (var pairs : arguments) {
      for (var pair : items(pairs, "OrderedDict's argument")) {
        var both = items(pair, "an entry of OrderedDict");
        if (both.size() != 2 || !both.get(0).isKey()) {
          throw Refusal.damaged("an entry of OrderedDict is no key and value");
        }
        dictionary.entries().put(both.get(0), both.get(1));
      }
    }
    return dictionary;
  }

  private static Tuple size(List<PickleValue> arguments) throws Refusal {
    if (arguments.size() != 1) {
      throw Refusal.damaged("torch.Size of " + arguments.size() + " arguments");
    }
    var items = items(arguments.get(0), "torch.Size's argument");
    for (var item : items) {
      TensorRebuild.extent(item, "torch.Size's item");
    }
    return new Tuple(items);
  }

  /** A device is kept by its name, such as {@code cuda:0}. */
  private static Text device(List<PickleValue> arguments) throws Refusal {
    if (arguments.size() == 1 && arguments.get(0) instanceof Text name) {
      return name;
    }
    if (arguments.size() == 2
        && arguments.get(0) instanceof Text name
        && arguments.get(1) instanceof Int index) {
      return new Text(name.value() + ":" + index.value());
    }
    throw Refusal.damaged("torch.device wants a name and an index");
  }

  private PickleValue parameter(List<PickleValue> arguments) throws Refusal {
    var parameter = rebuild.parameter(arguments, 3);
    parameters.add(parameter);
    return parameter;
  }

  /** Attributes that a program hung on its parameter are let go. */
  private PickleValue parameterWithState(List<PickleValue> arguments) throws Refusal {
    return rebuild.parameter(arguments, 4);
  }

  private static List<PickleValue> items(PickleValue value, String what) throws Refusal {
    if (value instanceof Sequence sequence) {
      return sequence.items();
    } else if (value instanceof Tuple tuple) {
      return tuple.items();
    }
    throw Refusal.damaged(what + " is no list and no tuple");
  }
}
