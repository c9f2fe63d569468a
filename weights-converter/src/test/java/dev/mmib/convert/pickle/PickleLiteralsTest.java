package dev.mmib.convert.pickle;

import static dev.mmib.convert.pickle.PickleBytes.pickle;
import static dev.mmib.convert.pickle.PickleRow.refused;
import static dev.mmib.convert.pickle.PickleRow.value;

import java.math.BigInteger;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** P10 to P13: strings and numbers in all their spellings. */
class PickleLiteralsTest {

  static Stream<PickleRow> strings() {
    return Stream.of(
        text("P10: BINUNICODE of 4 GB", pickle().ascii("X").little4(-1).ascii("ab"), "4294967295"),
        text("P10: BINUNICODE past the end", pickle().ascii("X").little4(4).ascii("ab"), "4 bytes"),
        text(
            "P10: BINSTRING of -1 bytes", pickle().ascii("T").little4(-1).ascii("ab"), "bytes are"),
        text(
            "P10: BINUNICODE8 of 2^63 bytes",
            pickle().bytes(0x8d).little8(Long.MIN_VALUE).ascii("ab"),
            "9223372036854775808 bytes are announced, 3 are left"),
        text(
            "P10: BINUNICODE8 of 2^62 bytes",
            pickle().bytes(0x8d).little8(1L << 62).ascii("ab"),
            "4611686018427387904"),
        text("P10: not UTF-8", pickle().bytes('X', 1, 0, 0, 0, 0xff), "is not UTF-8"),
        text("P10: overlong UTF-8", pickle().bytes('X', 2, 0, 0, 0, 0xc0, 0x80), "is not UTF-8"),
        text("P10: cut UTF-8", pickle().bytes(0x8c, 1, 0xc3), "is not UTF-8"),
        text(
            "P10: a lone surrogate as surrogatepass writes it",
            pickle().bytes('X', 3, 0, 0, 0, 0xed, 0xa0, 0x80),
            "is not UTF-8"),
        text("P10: not UTF-8 in a Python 2 string", pickle().bytes('U', 1, 0xff), "is not UTF-8"),
        text("P10: a lone surrogate's escape", pickle().ascii("V\\ud83d\n"), "no character"),
        text("P10: an escape past Unicode", pickle().ascii("V\\U00110000\n"), "no character"),
        text("P10: an escape cut short", pickle().ascii("V\\u12\n"), "cut short"),
        text("P10: STRING without quotes", pickle().ascii("Sab\n"), "not in quotes"),
        text("P10: STRING of one quote", pickle().ascii("S'\n"), "not in quotes"),
        text("P10: STRING in two kinds of quotes", pickle().ascii("S'a\"\n"), "not in quotes"),
        text("P10: STRING with an escaped end", pickle().ascii("S'a\\'\n"), "unknown escape"),
        text("P10: STRING with an odd escape", pickle().ascii("S'a\\q'\n"), "unknown escape"),
        text("P10: STRING with a cut escape", pickle().ascii("S'\\x4'\n"), "cut short"),
        value("P10: UTF-8", pickle().text("é☃😀\0").stop(), "'é☃😀\0'"),
        value("P10: SHORT_BINUNICODE", pickle().bytes(0x8c, 2, 'a', 'b').stop(), "'ab'"),
        value("P10: BINUNICODE8", pickle().bytes(0x8d).little8(1).ascii("a").stop(), "'a'"),
        value("P10: an empty string", pickle().text("").stop(), "''"),
        value("P10: a Python 2 string", pickle().bytes('U', 2, 0xc3, 0xa9).stop(), "'é'"),
        value(
            "P10: a long Python 2 string",
            pickle().ascii("T").little4(1).ascii("a.").toBytes(),
            "'a'"),
        value(
            "P10: UNICODE", pickle().ascii("Va\u00e9\\u2603\\U0001f600\\n\n").stop(), "'aé☃😀\\n'"),
        value(
            "P10: UNICODE with back-slashes",
            pickle().ascii("V\\\\u2603\\\n").stop(),
            "'\\\\u2603\\'"),
        value("P10: STRING", pickle().ascii("S'a\\n\\r\\t\\\\\\'\\x41'\n").stop(), "'a\n\r\t\\'A'"),
        value("P10: STRING in double quotes", pickle().ascii("S\"it's\"\n").stop(), "'it's'"));
  }

  static Stream<PickleRow> wholes() {
    var longest = pickle().bytes(0x8a, 255).times(254, "\0").bytes(1);
    return Stream.of(
        value(
            "P12: LONG1 with 255 bytes",
            longest.stop(),
            BigInteger.ONE.shiftLeft(8 * 254).toString()),
        value("P12: LONG1 with none", pickle().bytes(0x8a, 0).stop(), "0"),
        value("P12: a negative LONG1", pickle().bytes(0x8a, 2, 0, 0xff).stop(), "-256"),
        value("P12: LONG4", pickle().bytes(0x8b).little4(1).bytes(5).stop(), "5"),
        text(
            "P12: LONG4 of 2^31 - 1 bytes",
            pickle().bytes(0x8b).little4(Integer.MAX_VALUE).bytes(5),
            "At most 1024 bytes"),
        text("P12: LONG4 of -1 bytes", pickle().bytes(0x8b).little4(-1).bytes(5), "announced"),
        text(
            "P12: LONG of ten million digits",
            pickle().ascii("L").times(10_000_000, "7").ascii("\n"),
            "a line is longer than 2466 bytes"),
        value(
            "P12: LONG of 2,000 digits",
            pickle().ascii("L").times(2000, "7").ascii("L\n").stop(),
            "7".repeat(2000)),
        value("P12: INT 01", pickle().ascii("I01\n").stop(), "True"),
        value("P12: INT 00", pickle().ascii("I00\n").stop(), "False"),
        value("P12: INT", pickle().ascii("I-12\n").stop(), "-12"),
        value("P12: LONG without its L", pickle().ascii("L+12\n").stop(), "12"),
        text("P12: INT 02", pickle().ascii("I02\n"), "'02' is no integer"),
        text("P12: INT with a blank", pickle().ascii("I 2\n"), "is no integer"),
        text("P12: INT in hexadecimal", pickle().ascii("I0x2\n"), "is no integer"),
        text("P12: INT of nothing", pickle().ascii("I\n"), "is no integer"),
        text("P12: INT in other digits", pickle().bytes('I', 0xd9, 0xa1, '\n'), "is no integer"),
        text("P12: LONG with underscores", pickle().ascii("L1_0L\n"), "is no integer"),
        value("P12: BININT", pickle().ascii("J").little4(Integer.MIN_VALUE).stop(), "-2147483648"),
        value("P12: BININT2", pickle().bytes('M', 0xff, 0xff).stop(), "65535"),
        value("P12: BININT1", pickle().bytes('K', 0xff).stop(), "255"));
  }

  static Stream<PickleRow> reals() {
    return Stream.of(
        value("P13: BINFLOAT NaN", pickle().real(Double.NaN).stop(), "NaN"),
        value("P13: BINFLOAT Inf", pickle().real(Double.NEGATIVE_INFINITY).stop(), "-Infinity"),
        value("P13: BINFLOAT", pickle().real(0.8512).stop(), "0.8512"),
        value("P13: FLOAT nan", pickle().ascii("Fnan\n").stop(), "NaN"),
        value("P13: FLOAT -Infinity", pickle().ascii("F-Infinity\n").stop(), "-Infinity"),
        value("P13: FLOAT +inf", pickle().ascii("F+inf\n").stop(), "Infinity"),
        value("P13: FLOAT", pickle().ascii("F-1.5e-3\n").stop(), "-0.0015"),
        value("P13: FLOAT 1.", pickle().ascii("F1.\n").stop(), "1.0"),
        value("P13: FLOAT .5", pickle().ascii("F.5\n").stop(), "0.5"),
        text("P13: FLOAT 1e999", pickle().ascii("F1e999\n"), "too large"),
        text("P13: FLOAT 1_0", pickle().ascii("F1_0\n"), "is no float"),
        text("P13: FLOAT 1,5", pickle().ascii("F1,5\n"), "is no float"),
        text("P13: FLOAT 1.5f", pickle().ascii("F1.5f\n"), "is no float"),
        text("P13: FLOAT 0x1p3", pickle().ascii("F0x1p3\n"), "is no float"),
        text("P13: FLOAT with a blank", pickle().ascii("F 1\n"), "is no float"),
        text("P13: FLOAT of a point", pickle().ascii("F.\n"), "is no float"),
        text("P13: FLOAT --1", pickle().ascii("F--1\n"), "is no float"),
        text("P13: FLOAT of nothing", pickle().ascii("F\n"), "is no float"),
        text("P13: FLOAT with a control character", pickle().ascii("F\u001b[2J\n"), "\\u001b"),
        text(
            "P13: FLOAT of 2,000 digits",
            pickle().ascii("F").times(2000, "7").ascii("\n"),
            "1024"));
  }

  private static PickleRow text(String name, PickleBytes pickle, String piece) {
    return refused(name, pickle.stop(), piece);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"strings", "wholes", "reals"})
  void readsAsPythonOrRefuses(PickleRow row) {
    row.check(Constructors.none());
  }
}
