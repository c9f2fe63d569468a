package dev.mmib.convert.torch;

import static dev.mmib.convert.pickle.PickleBytes.pickle;
import static dev.mmib.convert.pickle.PickleRow.forbidden;
import static dev.mmib.convert.pickle.PickleRow.refused;
import static dev.mmib.convert.pickle.PickleRow.value;

import dev.mmib.convert.pickle.PickleBytes;
import dev.mmib.convert.pickle.PickleRow;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** P02e, P23: NumPy's numbers are plain values, and nothing else of NumPy is read. */
class NumpyScalarsTest {

  static Stream<PickleRow> scalars() {
    return Stream.of(
        scalar("f8", "\0\0\0\0\0\0\u00f8?", "1.5"),
        scalar("f4", "\0\0 @", "2.5"),
        scalar("i8", "\u00fe\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", "-2"),
        scalar("i4", "\3\0\0\0", "3"),
        scalar("i2", "\u00ff\u00ff", "-1"),
        scalar("i1", "\u0080", "-128"),
        scalar("u8", "\0\0\0\0\0\0\0\u0080", "9223372036854775808"),
        scalar("u4", "\u00ff\u00ff\u00ff\u00ff", "4294967295"),
        scalar("u1", "\u0080", "128"),
        scalar("b1", "\1", "True"),
        scalar("b1", "\0", "False"),
        no("an object's dtype", of(type("O8"), "\0"), "dtype that is not read"),
        no("a structure's dtype", of(type("V8"), "\0"), "dtype that is not read"),
        no(
            "a dtype of one argument",
            pickle().global("numpy", "dtype").text("f8").bytes(0x85).reduce(),
            "dtype"),
        no("too few bytes", of(built("f8", "<"), "\0\0\0\0"), "without its type"),
        no("too many bytes", of(built("f4", "<"), "\0\0\0\0\0"), "without its type"),
        no(
            "a number as type",
            of(pickle().global("numpy.core.multiarray", "scalar").whole(8), "\0"),
            "without its type"),
        no("many bytes", encoded(pickle(), "123456789", "latin1"), "bytes that are not"),
        no("another encoding", encoded(pickle(), "a", "rot13"), "bytes that are not"),
        no("no Latin-1", encoded(pickle(), "☃", "latin1"), "bytes that are not"),
        forbidden("P23: big-endian", built("f8", ">").stop(), "BUILD"),
        forbidden(
            "P23: a state of one part", type("f8").whole(3).bytes(0x85).build().stop(), "BUILD"),
        forbidden(
            "P02e: an array",
            pickle().global("numpy.core.multiarray", "_reconstruct").stop(),
            "'numpy.core.multiarray _reconstruct', not allowed"));
  }

  private static PickleRow scalar(String type, String bytes, String expected) {
    return value(
        "P23: numpy " + type + " " + expected, of(built(type, "<"), bytes).stop(), expected);
  }

  private static PickleRow no(String name, PickleBytes pickle, String piece) {
    return refused("P23: numpy, " + name, pickle.stop(), piece);
  }

  private static PickleBytes type(String name) {
    return pickle()
        .global("numpy.core.multiarray", "scalar")
        .global("numpy", "dtype")
        .text(name)
        .truth(false)
        .truth(true)
        .bytes(0x87)
        .reduce();
  }

  private static PickleBytes built(String name, String order) {
    return type(name)
        .mark()
        .whole(3)
        .text(order)
        .none()
        .none()
        .none()
        .whole(-1)
        .whole(-1)
        .whole(0)
        .tuple()
        .build();
  }

  private static PickleBytes of(PickleBytes type, String bytes) {
    return encoded(type, bytes, "latin1").bytes(0x86).reduce();
  }

  private static PickleBytes encoded(PickleBytes to, String text, String encoding) {
    return to.global("_codecs", "encode").text(text).text(encoding).bytes(0x86).reduce();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("scalars")
  void readsNumbersOnly(PickleRow row) {
    row.check(new TorchConstructors(new MemoryStorages()));
  }
}
