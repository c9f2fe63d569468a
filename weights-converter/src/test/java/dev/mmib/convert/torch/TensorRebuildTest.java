package dev.mmib.convert.torch;

import static dev.mmib.convert.pickle.PickleBytes.pickle;
import static dev.mmib.convert.pickle.PickleRow.refused;
import static dev.mmib.convert.torch.TorchPickle.of;
import static dev.mmib.convert.torch.TorchPickle.storage;
import static dev.mmib.convert.torch.TorchPickle.tensor;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.mmib.convert.pickle.ByteSource;
import dev.mmib.convert.pickle.PickleBytes;
import dev.mmib.convert.pickle.PickleMachine;
import dev.mmib.convert.pickle.PickleReader;
import dev.mmib.convert.pickle.PickleRow;
import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.io.TensorType;
import java.math.BigInteger;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** P19 to P21, P26: tensors rebuilt on storages, by all the functions that PyTorch has for it. */
class TensorRebuildTest {

  private static final long MAX = Long.MAX_VALUE;

  static Stream<PickleRow> views() {
    return Stream.of(
        view("P19a: negative offset", 4, -1, of(1), of(1), "offset is no integer"),
        view("P19a: negative size", 4, 0, of(-1), of(1), "size is no integer"),
        view("P19a: negative stride", 4, 3, of(2), of(-1), "stride is no integer"),
        view("P19b: one element too many", 4, 0, of(5), of(1), "reaches past its storage of 4"),
        view("P19b: an offset past the end", 4, 4, of(1), of(1), "reaches past"),
        view("P19b: an offset of a 0-d tensor past the end", 4, 4, of(), of(), "reaches past"),
        view("P19b: an empty tensor far away", 4, 5, of(0), of(1), "reaches past"),
        view("P19b: a stride too wide", 6, 0, of(2, 3), of(4, 1), "reaches past"),
        view("P19b: offset and extent together", 6, 1, of(2, 3), of(3, 1), "reaches past"),
        view("P19c: a product of sizes", 4, 0, of(1L << 32, 1L << 32), of(0, 0), "overflows"),
        view(
            "P19c: a product with a zero",
            4,
            0,
            of(1L << 32, 1L << 32, 0),
            of(0, 0, 0),
            "overflows"),
        view("P19c: elements times their width", 4, 0, of(1L << 62), of(0), "overflows"),
        view("P19c: a product of size and stride", 4, 0, of(3), of(MAX), "overflows"),
        view("P19c: a sum of extents", 4, 0, of(2, 2), of(MAX, MAX), "overflows"),
        view("P19c: offset and extent", 4, MAX, of(2), of(1), "overflows"),
        view("P19d: two sizes, one stride", 4, 0, of(2, 2), of(2), "2 extents and 1 strides"),
        view("P19e: 65 dimensions", 4, 0, new long[65], new long[65], "65 dimensions"),
        view("P20: one element expanded to 2^40", 1, 0, of(1L << 40), of(0), "views of 4 bytes"),
        refused(
            "P20: expanded a little, often",
            many(5, p -> tensor(p, 1, 0, of(1L << 24), of(0))),
            "views of 4 bytes would have 335544320"),
        refused(
            "P20: a thousand names for one storage",
            many(1000, p -> tensor(p, 1_000_000, 0, of(1_000_000), of(1))),
            "views of 4000000 bytes would have 288000000"));
  }

  @Test
  void takesAWeightThatIsTiedOrOftenShown() {
    var shown = many(64, p -> tensor(p, 1_000_000, 0, of(1_000_000), of(1)));
    assertEquals(64, ((PickleValue.Tuple) MemoryStorages.read(shown)).items().size());
  }

  private static byte[] many(int count, UnaryOperator<PickleBytes> value) {
    var pickle = pickle().mark();
    for (int i = 0; i < count; i++) {
      pickle = value.apply(pickle);
    }
    return pickle.tuple().stop();
  }

  private static PickleRow view(
      String name, long size, long offset, long[] dims, long[] strides, String piece) {
    return refused(name, tensor(pickle(), size, offset, dims, strides).stop(), piece);
  }

  static Stream<PickleRow> arguments() {
    return Stream.of(
        rebuild("P19f: v2 of none", "_rebuild_tensor_v2", p -> p, "of 0 arguments"),
        rebuild("P19f: v2 of five", "_rebuild_tensor_v2", p -> plain(p).truth(false), "of 5"),
        rebuild("P19f: v2 of eight", "_rebuild_tensor_v2", p -> whole(p).none().none(), "of 8"),
        rebuild(
            "P19f: v1 of three",
            "_rebuild_tensor",
            p -> storage(p, "0", 4).whole(0).wholes(1),
            "of 3"),
        rebuild("P19f: v1 of five", "_rebuild_tensor", p -> plain(p).none(), "of 5"),
        rebuild("P19f: v3 of six", "_rebuild_tensor_v3", TensorRebuildTest::whole, "of 6"),
        rebuild(
            "P19f: no storage",
            "_rebuild_tensor",
            p -> p.none().whole(0).wholes(1).wholes(1),
            "no storage"),
        rebuild(
            "P19f: a float as offset",
            "_rebuild_tensor",
            p -> storage(p, "0", 4).real(0).wholes(1).wholes(1),
            "offset"),
        rebuild(
            "P19f: a truth as offset",
            "_rebuild_tensor",
            p -> storage(p, "0", 4).truth(false).wholes(1).wholes(1),
            "offset"),
        rebuild(
            "P19f: a list as size",
            "_rebuild_tensor",
            p -> storage(p, "0", 4).whole(0).emptyList().wholes(1),
            "size is no tuple"),
        rebuild(
            "P19f: a number as stride",
            "_rebuild_tensor",
            p -> storage(p, "0", 4).whole(0).wholes(1).whole(1),
            "stride is no tuple"),
        rebuild(
            "P26: 2^63 as size",
            "_rebuild_tensor",
            p -> storage(p, "0", 4).whole(0).mark().whole(BigInteger.TWO.pow(63)).tuple().wholes(1),
            "size is no integer from 0 to 2^63 - 1"),
        rebuild(
            "P21: None as requires_grad",
            "_rebuild_tensor_v2",
            p -> plain(p).none().none(),
            "requires_grad"),
        rebuild(
            "P21: hooks",
            "_rebuild_tensor_v2",
            p -> plain(p).truth(true).emptyDict().whole(0).none().setItem(),
            "backward hooks"),
        rebuild(
            "P21: metadata 'neg'",
            "_rebuild_tensor_v2",
            p -> whole(p).emptyDict().text("neg").truth(true).setItem(),
            "'neg'"),
        rebuild(
            "P21: metadata 'conj'",
            "_rebuild_tensor_v2",
            p -> whole(p).emptyDict().text("conj").truth(true).setItem(),
            "'conj'"),
        rebuild(
            "P21: a list as metadata", "_rebuild_tensor_v2", p -> whole(p).emptyList(), "metadata"),
        rebuild(
            "P22: v3 of an unknown dtype",
            "_rebuild_tensor_v3",
            p -> whole(p).text("float32"),
            "unknown dtype"),
        rebuild(
            "P23: a parameter of a number",
            "_rebuild_parameter",
            p -> p.whole(1).truth(true).none(),
            "no tensor"),
        rebuild(
            "P23: a parameter with hooks",
            "_rebuild_parameter",
            p -> tensor(p, 1, 0, of(1), of(1)).truth(true).whole(3),
            "hooks"),
        rebuild(
            "P23: a parameter of two",
            "_rebuild_parameter",
            p -> tensor(p, 1, 0, of(1), of(1)).truth(true),
            "of 2"));
  }

  private static PickleBytes plain(PickleBytes to) {
    return storage(to, "0", 4).whole(0).wholes(2).wholes(1);
  }

  private static PickleBytes whole(PickleBytes to) {
    return plain(to).truth(false).orderedDict();
  }

  private static PickleBytes call(String name, UnaryOperator<PickleBytes> arguments) {
    var pickle = pickle().global("torch._utils", name).mark();
    return arguments.apply(pickle).tuple().reduce();
  }

  private static PickleRow rebuild(
      String name, String function, UnaryOperator<PickleBytes> arguments, String piece) {
    return refused(name, call(function, arguments).stop(), piece);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"views", "arguments"})
  void refuses(PickleRow row) {
    row.check(new TorchConstructors(new MemoryStorages()));
  }

  @Test
  void tensorsOfOneKeyShareTheirStorage() {
    var storages = new MemoryStorages();
    var pickle = tensor(tensor(pickle(), 6, 0, of(2, 3), of(3, 1)), 6, 1, of(3), of(2));
    var reader = new PickleReader(ByteSource.of(pickle.bytes(0x86).stop()), "model.bin", "", 0);
    var both =
        assertInstanceOf(
            PickleValue.Tuple.class, PickleMachine.read(reader, new TorchConstructors(storages)));
    var first = assertInstanceOf(TorchTensor.class, both.items().get(0));
    var second = assertInstanceOf(TorchTensor.class, both.items().get(1));
    assertSame(first.storage(), second.storage());
    assertEquals(List.of("0"), storages.asked());
    assertEquals(List.of(2L, 3L), first.dims());
    assertEquals(List.of(2L), second.strides());
    assertEquals(1, second.offset());
  }

  static Stream<byte[]> sameTensor() {
    UnaryOperator<PickleBytes> v2 = p -> tensor(p, 4, 1, of(2), of(1));
    return Stream.of(
            call("_rebuild_tensor", p -> storage(p, "0", 4).whole(1).wholes(2).wholes(1)),
            v2.apply(pickle()),
            call(
                "_rebuild_tensor_v2",
                p -> storage(p, "0", 4).whole(1).wholes(2).wholes(1).truth(true).none()),
            call(
                "_rebuild_tensor_v2",
                p ->
                    storage(p, "0", 4).whole(1).wholes(2).wholes(1).truth(true).none().emptyDict()),
            call(
                "_rebuild_tensor_v2",
                p -> storage(p, "0", 4).whole(1).wholes(2).wholes(1).truth(true).none().none()),
            call("_rebuild_parameter", p -> v2.apply(p).truth(true).orderedDict()),
            call("_rebuild_parameter", p -> v2.apply(p).truth(true).orderedDict())
                .truth(true)
                .truth(false)
                .orderedDict()
                .bytes(0x87)
                .build(),
            call(
                "_rebuild_parameter_with_state",
                p -> v2.apply(p).truth(true).orderedDict().emptyDict()))
        .map(PickleBytes::stop);
  }

  @ParameterizedTest(name = "P20, P21, P23: spelling {index}")
  @MethodSource("sameTensor")
  void readsEverySpellingOfATensor(byte[] pickle) {
    var tensor = assertInstanceOf(TorchTensor.class, MemoryStorages.read(pickle));
    assertEquals(1, tensor.offset());
    assertEquals(List.of(2L), tensor.dims());
    assertEquals(List.of(1L), tensor.strides());
    assertEquals(TensorType.F32, tensor.type());
  }

  @Test
  void takesBytesAsTheTypeThatVersion3Names() {
    var pickle =
        call(
            "_rebuild_tensor_v3",
            p ->
                storage(p, "UntypedStorage", "0", 8)
                    .whole(1)
                    .wholes(3)
                    .wholes(1)
                    .truth(false)
                    .orderedDict()
                    .global("torch", "uint16"));
    var tensor = assertInstanceOf(TorchTensor.class, MemoryStorages.read(pickle.stop()));
    assertEquals(TensorType.U16, tensor.type());
    assertEquals(4, tensor.storage().size());
  }
}
