package dev.mmib.convert.torch;

import static dev.mmib.convert.pickle.PickleBytes.pickle;
import static dev.mmib.convert.pickle.PickleRow.forbidden;
import static dev.mmib.convert.pickle.PickleRow.refused;
import static dev.mmib.convert.pickle.PickleRow.value;
import static dev.mmib.convert.torch.TorchPickle.of;
import static dev.mmib.convert.torch.TorchPickle.tensor;

import dev.mmib.convert.pickle.PickleBytes;
import dev.mmib.convert.pickle.PickleRow;
import java.math.BigInteger;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** P02, P03, P22 to P24: which names a checkpoint may use, and what for. */
class TorchNamesTest {

  private static final String MODULE = "save state_dict() instead";

  static Stream<PickleRow> names() {
    return Stream.of(
        named("P02a", "os", "system", "'os system', not allowed"),
        named("P02b", "builtins", "eval", "'builtins eval', not allowed"),
        named("P02b", "__builtin__", "eval", "'__builtin__ eval'"),
        named("P02c", "posix", "system", "'posix system', not allowed"),
        named("P02d", "torch.storage", "_load_from_bytes", "'torch.storage _load_from_bytes'"),
        named("P02e", "numpy.core.multiarray", "_reconstruct", "'numpy.core.multiarray _reco"),
        named("P02f", "torch.hub", "load", "'torch.hub load', not allowed"),
        named("P02g", "torch.nn.modules.linear", "Linear", MODULE),
        named("P02g", "torchvision.models.resnet", "ResNet", MODULE),
        named("P02h", "collections", "Counter", "'collections Counter', not allowed"),
        named("P02i", "torch", "nn.Linear", "'torch nn.Linear', not allowed"),
        named("P02i", "torch", "_utils._rebuild_tensor_v2", "not allowed"),
        named("P02i", "torch.nn", "torch._utils", "not allowed"),
        named("P02j", "", "", "' ', not allowed"),
        named("P02j", "torch", "", "'torch ', not allowed"),
        named("P02j", "", "FloatStorage", "' FloatStorage', not allowed"),
        named("P02", "torch", "floatstorage", "'torch floatstorage', not allowed"),
        named("P02", "torch", "load", "'torch load', not allowed"),
        named("P02", "argparse", "Namespace", "Save state_dict()"),
        refused(
            "P02k: GLOBAL of 1 MB",
            pickle().ascii("c").times(1 << 20, "x").ascii("\ny\n").stop(),
            "a line is longer than 1024 bytes"),
        forbidden(
            "P02k: STACK_GLOBAL of 1 MB",
            pickle().text("x".repeat(1 << 20)).text("y").bytes(0x93).stop(),
            "x…', not allowed"),
        stacked("P02l: a line feed in it", "os\n", "system", "'os\\u000a system', not allowed"),
        stacked("P02l: a NUL in it", "torch\0", "FloatStorage", "'torch\\u0000 Float"),
        named("P02l: a NUL in it", "torch\0", "FloatStorage", "'torch\\u0000 Float"),
        stacked("P02l: an escape in it", "\u001b[2J", "\u202e", "'\\u001b[2J \\u202e'"));
  }

  private static PickleRow named(String id, String module, String name, String piece) {
    var row = id + ": GLOBAL " + module + " " + name;
    return forbidden(row, call(pickle().global(module, name)), piece);
  }

  private static PickleRow stacked(String id, String module, String name, String piece) {
    return forbidden(
        id + ", STACK_GLOBAL", call(pickle().text(module).text(name).bytes(0x93)), piece);
  }

  private static byte[] call(PickleBytes name) {
    return name.text("touch it").bytes(0x85).reduce().stop();
  }

  static Stream<PickleRow> stackedNames() {
    return names()
        .filter(row -> row.name().contains(": GLOBAL ") && !row.name().contains("1 MB"))
        .map(
            row -> {
              var names = row.name().substring(row.name().indexOf("GLOBAL ") + 7);
              int blank = names.lastIndexOf(' ');
              return stacked(
                  row.name().substring(0, 4) + " " + names,
                  names.substring(0, blank),
                  names.substring(blank + 1),
                  row.expected());
            });
  }

  static Stream<PickleRow> uses() {
    return Stream.of(
        forbidden("P03: INST", pickle().mark().ascii("ios\nsystem\n").stop(), "'os system'"),
        forbidden(
            "P03: INST of an allowed name",
            pickle().mark().ascii("icollections\nOrderedDict\n").stop(),
            "'collections OrderedDict'"),
        forbidden(
            "P03: NEWOBJ of an allowed name",
            pickle().global("collections", "OrderedDict").emptyTuple().bytes(0x81).stop(),
            "NEWOBJ makes an object"),
        forbidden(
            "P03: REDUCE of a storage class",
            call(pickle().global("torch", "FloatStorage")),
            "only a name"),
        forbidden(
            "P03: REDUCE of a dtype", call(pickle().global("torch", "float32")), "only a name"),
        refused("P03: REDUCE of a string", call(pickle().text("os.system")), "REDUCE wants"),
        refused("P03: REDUCE of None", call(pickle().none()), "REDUCE wants"),
        refused(
            "P03: REDUCE of a tensor", call(tensor(pickle(), 1, 0, of(1), of(1))), "REDUCE wants"),
        refused(
            "P03: REDUCE with a list of arguments",
            pickle().global("collections", "OrderedDict").emptyList().reduce().stop(),
            "REDUCE wants"),
        forbidden(
            "P03: BUILD on a tensor",
            tensor(pickle(), 1, 0, of(1), of(1)).emptyDict().build().stop(),
            "BUILD sets the state"),
        forbidden(
            "P03: BUILD on a tensor with a parameter's state",
            tensor(pickle(), 1, 0, of(1), of(1))
                .truth(true)
                .truth(false)
                .orderedDict()
                .bytes(0x87)
                .build()
                .stop(),
            "BUILD sets the state"),
        forbidden("P03: BUILD on a string", pickle().text("x").emptyDict().build().stop(), "BUILD"),
        forbidden("P03: BUILD on an int", pickle().whole(1).emptyDict().build().stop(), "BUILD"),
        forbidden("P03: BUILD on a list", pickle().emptyList().emptyDict().build().stop(), "BUILD"),
        forbidden(
            "P03: BUILD on an OrderedDict with a tuple",
            pickle().orderedDict().emptyTuple().build().stop(),
            "BUILD"),
        refused(
            "P04b: SETITEM on a tensor",
            tensor(pickle(), 1, 0, of(1), of(1)).whole(0).none().setItem().stop(),
            "no dict"),
        refused(
            "P04b: SETITEMS on a tensor",
            tensor(pickle(), 1, 0, of(1), of(1)).mark().whole(0).none().setItems().stop(),
            "no dict"),
        refused(
            "P04b: APPEND to a tensor",
            tensor(pickle(), 1, 0, of(1), of(1)).none().ascii("a").stop(),
            "no list"),
        refused(
            "P05b: a tensor as key",
            tensor(pickle().emptyDict(), 1, 0, of(1), of(1)).none().setItem().stop(),
            "key"),
        refused(
            "P02: torch.storage as a persistent id's class",
            pickle()
                .mark()
                .text("storage")
                .text("FloatStorage")
                .text("0")
                .text("cpu")
                .whole(1)
                .tuple()
                .persistent()
                .stop(),
            "no known class"));
  }

  /** A long list made into a dictionary again and again. */
  private static byte[] copied(int items, int times) {
    var pickle = pickle().global("collections", "OrderedDict").put(0).mark();
    for (int i = 0; i < items; i++) {
      pickle.whole(i).whole(i).bytes(0x86);
    }
    pickle.bytes('l', 0x85).put(1).mark();
    for (int i = 0; i < times; i++) {
      pickle.get(0).get(1).reduce();
    }
    return pickle.tuple().stop();
  }

  static Stream<PickleRow> plainValues() {
    return Stream.of(
        refused(
            "P09: a list made into a dictionary 1,000 times",
            copied(10_000, 1_000),
            "5000000 instructions"),
        value(
            "P23: OrderedDict with _metadata",
            pickle()
                .orderedDict()
                .text("a")
                .whole(1)
                .setItem()
                .emptyDict()
                .text("_metadata")
                .orderedDict()
                .setItem()
                .build()
                .stop(),
            "{'a': 1}"),
        value(
            "P23: OrderedDict of Python 2",
            pickle()
                .global("collections", "OrderedDict")
                .mark()
                .emptyList()
                .mark()
                .emptyList()
                .mark()
                .text("a")
                .whole(1)
                .appends()
                .appends()
                .tuple()
                .reduce()
                .stop(),
            "{'a': 1}"),
        refused(
            "P23: OrderedDict of a number",
            pickle().global("collections", "OrderedDict").whole(1).bytes(0x85).reduce().stop(),
            "no list and no tuple"),
        refused(
            "P23: OrderedDict of two arguments",
            pickle().global("collections", "OrderedDict").none().none().bytes(0x86).reduce().stop(),
            "2 arguments"),
        refused(
            "P23: OrderedDict with a list as key",
            pickle()
                .global("collections", "OrderedDict")
                .emptyList()
                .none()
                .bytes(0x86, 0x85, 0x85)
                .reduce()
                .stop(),
            "no key and value"),
        value(
            "P23: torch.Size",
            pickle().global("torch", "Size").wholes(2, 3).bytes(0x85).reduce().stop(),
            "(2, 3)"),
        refused(
            "P23: torch.Size of -1",
            pickle().global("torch", "Size").wholes(-1).bytes(0x85).reduce().stop(),
            "torch.Size"),
        refused(
            "P26: torch.Size of 2^63",
            pickle()
                .global("torch", "Size")
                .mark()
                .whole(BigInteger.TWO.pow(63))
                .tuple()
                .bytes(0x85)
                .reduce()
                .stop(),
            "2^63 - 1"),
        value(
            "P23: torch.device",
            pickle().global("torch", "device").text("cpu").bytes(0x85).reduce().stop(),
            "'cpu'"),
        value(
            "P23: torch.device with an index",
            pickle().global("torch", "device").text("cuda").whole(1).bytes(0x86).reduce().stop(),
            "'cuda:1'"),
        refused(
            "P23: torch.device of a number",
            pickle().global("torch", "device").whole(1).bytes(0x85).reduce().stop(),
            "torch.device"),
        value("P23: torch.dtype", pickle().global("torch", "float32").stop(), "<torch.float32>"),
        value(
            "P24d: int to names",
            pickle().emptyDict().whole(7).mark().text("a.jpg").ascii("l").setItem().stop(),
            "{7: ['a.jpg']}"),
        value("P24e: None", pickle().none().stop(), "None"));
  }

  static Stream<PickleRow> otherTensors() {
    return Stream.of(
        named("P22: sparse", "torch._utils", "_rebuild_sparse_tensor", "to_dense()"),
        named("P22: quantized", "torch._utils", "_rebuild_qtensor", "dequantize()"),
        named("P22: nested", "torch._utils", "_rebuild_nested_tensor", "Nested tensors"),
        named("P22: meta", "torch._utils", "_rebuild_meta_tensor_no_storage", "meta device"),
        named("P22: subclass", "torch._utils", "_rebuild_wrapper_subclass", "own classes"),
        named("P22: complex", "torch", "ComplexFloatStorage", "view_as_real()"),
        named("P22: complex", "torch", "ComplexDoubleStorage", "view_as_real()"),
        named("P22: quantized", "torch", "QInt8Storage", "dequantize()"),
        named("P22: quantized", "torch", "QUInt8Storage", "dequantize()"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"names", "stackedNames", "uses", "plainValues", "otherTensors"})
  void onlyAllowedNamesAreUsed(PickleRow row) {
    row.check(new TorchConstructors(new MemoryStorages()));
  }
}
