package dev.mmib.convert.torch;

import static dev.mmib.convert.pickle.PickleBytes.pickle;
import static dev.mmib.convert.pickle.PickleRow.forbidden;
import static dev.mmib.convert.pickle.PickleRow.refused;
import static dev.mmib.convert.torch.TorchPickle.storage;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.mmib.convert.pickle.PickleBytes;
import dev.mmib.convert.pickle.PickleRow;
import dev.mmib.io.TensorType;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** P17, P18: storages that a pickle names. */
class StorageIdTest {

  static Stream<PickleRow> persistentIds() {
    return Stream.of(
        refused("P17a: a string", pickle().text("storage").persistent().stop(), "not a tuple"),
        refused("P17a: a string by PERSID", pickle().ascii("Pstorage\n").stop(), "not a tuple"),
        refused("P17a: an empty tuple", pickle().emptyTuple().persistent().stop(), "not a tuple"),
        refused("P17a: a list", pickle().emptyList().persistent().stop(), "not a tuple"),
        id("P17b: four parts", p -> part(p).text("0").text("cpu"), "with 4 parts"),
        id(
            "P17b: seven parts",
            p -> part(p).text("0").text("cpu").whole(1).none().none(),
            "7 parts"),
        id(
            "P17: the part of a view",
            p -> part(p).text("0").text("cpu").whole(1).emptyTuple(),
            "whole storage"),
        id(
            "P17: a slice past its storage",
            p -> slice(part(p).text("0").text("cpu").whole(9), "1", 7, 3),
            "3 elements from 7 reaches past its storage of 9"),
        id(
            "P17: a slice of 2^63 - 1 elements",
            p -> slice(part(p).text("0").text("cpu").whole(9), "1", 7, Long.MAX_VALUE),
            "reaches past"),
        id(
            "P17: a slice from -1",
            p -> slice(part(p).text("0").text("cpu").whole(9), "1", -1, 3),
            "offset is no integer"),
        id(
            "P17: a slice named ../0",
            p -> slice(part(p).text("0").text("cpu").whole(9), "../0", 0, 3),
            "no plain name"),
        forbidden(
            "P17c: a module",
            pickle()
                .mark()
                .text("module")
                .none()
                .text("model.py")
                .text("source")
                .tuple()
                .persistent()
                .stop(),
            "state_dict()"),
        id("P17c: something else", p -> p.text("tensor").text("0"), "kind 'tensor'"),
        id(
            "P17d: not in the file",
            p -> part(p).text("absent").text("cpu").whole(1),
            "no storage 'absent'"),
        id("P17e: ../0", p -> part(p).text("../0").text("cpu").whole(1), "no plain name"),
        id("P17e: empty", p -> part(p).text("").text("cpu").whole(1), "no plain name"),
        id("P17e: a NUL", p -> part(p).text("0\0").text("cpu").whole(1), "'0\\u0000'"),
        id(
            "P17e: very long",
            p -> part(p).text("0".repeat(65)).text("cpu").whole(1),
            "no plain name"),
        id("P17f: None as key", p -> part(p).none().text("cpu").whole(1), "no plain name"),
        id(
            "P17f: 2^64 as key",
            p -> part(p).whole(BigInteger.TWO.pow(64)).text("cpu").whole(1),
            "no plain name"),
        id("P17g: meta", p -> part(p).text("0").text("meta").whole(1), "meta device"),
        id("P17g: a number", p -> part(p).text("0").whole(0).whole(1), "location is no string"),
        id("P17h: -1 elements", p -> part(p).text("0").text("cpu").whole(-1), "size is no integer"),
        id(
            "P17h: 2^62 elements",
            p -> part(p).text("0").text("cpu").whole(1L << 62),
            "no storage '0'"),
        id(
            "P17h: 2^63 elements",
            p -> part(p).text("0").text("cpu").whole(BigInteger.TWO.pow(63)),
            "2^63 - 1"),
        id(
            "P17h: a float of elements",
            p -> part(p).text("0").text("cpu").real(1),
            "size is no integer"),
        id(
            "P18: a dtype as class",
            p -> p.text("storage").global("torch", "float32").text("0").text("cpu").whole(1),
            "no known class"),
        forbidden(
            "P18: an unknown class",
            pickle().mark().text("storage").global("torch", "OtherStorage").stop(),
            "'torch OtherStorage', not allowed"),
        refused(
            "P18: a key with two types",
            storage(storage(pickle(), "FloatStorage", "0", 4), "IntStorage", "0", 4).stop(),
            "two types or two sizes"),
        refused(
            "P18: a key with two sizes",
            storage(storage(pickle(), "0", 4), "0", 5).stop(),
            "two types or two sizes"));
  }

  private static PickleBytes part(PickleBytes to) {
    return to.text("storage").global("torch", "FloatStorage");
  }

  private static PickleRow id(String name, UnaryOperator<PickleBytes> parts, String piece) {
    return refused(name, parts.apply(pickle().mark()).tuple().persistent().stop(), piece);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("persistentIds")
  void refuses(PickleRow row) {
    row.check(new TorchConstructors(new MemoryStorages()));
  }

  @ParameterizedTest(name = "P18, P20: {0} holds {1}")
  @CsvSource({
    "DoubleStorage, F64",
    "FloatStorage, F32",
    "HalfStorage, F16",
    "BFloat16Storage, BF16",
    "LongStorage, I64",
    "IntStorage, I32",
    "ShortStorage, I16",
    "CharStorage, I8",
    "ByteStorage, U8",
    "BoolStorage, BOOL",
    "UntypedStorage, U8"
  })
  void knowsStorageClasses(String name, TensorType type) {
    var storage = MemoryStorages.read(storage(pickle(), name, "7", 3).stop());
    var memory = assertInstanceOf(TorchStorage.class, storage);
    assertEquals(type, memory.type());
    assertEquals("7", memory.key());
    assertEquals(3, memory.size());
  }

  @ParameterizedTest(name = "P17f, P17g: an integer as key, on {0}, with {1} parts")
  @CsvSource({"cpu, 5", "cuda:7, 5", "mps, 6"})
  void readsStoragesOfOtherDevices(String device, int parts) {
    var pickle = part(pickle().mark()).whole(7).text(device).whole(3);
    var storage = (parts == 6 ? pickle.none() : pickle).tuple().persistent().stop();
    assertEquals("7", assertInstanceOf(TorchStorage.class, MemoryStorages.read(storage)).key());
  }

  private static PickleBytes slice(PickleBytes to, String key, long offset, long size) {
    return to.mark().text(key).whole(offset).whole(size).tuple();
  }

  /** Streams of before PyTorch 0.4 may have them. */
  @Test
  void readsASliceOfAStorage() {
    var pickle = slice(part(pickle().mark()).text("7").text("cpu").whole(9), "8", 4, 3);
    var storage =
        assertInstanceOf(
            TorchStorage.class, MemoryStorages.read(pickle.tuple().persistent().stop()));
    assertEquals("8", storage.key());
    assertEquals(3, storage.size());
    var bytes = ByteBuffer.allocate(8);
    storage.read(4, bytes);
    assertArrayEquals(new byte[] {5, 0, 0, 0, 6, 0, 0, 0}, bytes.array());
  }
}
