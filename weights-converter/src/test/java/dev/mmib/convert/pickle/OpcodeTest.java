package dev.mmib.convert.pickle;

import static dev.mmib.convert.pickle.PickleBytes.pickle;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.error.ErrorCode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** P01: every opcode on an empty stack, without a mark, on wrong operands, cut within its own. */
class OpcodeTest {

  /** A right operand of those that have one; each proper part of it is an end of input. */
  private static final Map<Opcode, byte[]> OPERANDS =
      Map.ofEntries(
          operand(Opcode.PROTO, pickle().bytes(2)),
          operand(Opcode.FRAME, pickle().little8(0)),
          operand(Opcode.FLOAT, pickle().ascii("1.5\n")),
          operand(Opcode.INT, pickle().ascii("12\n")),
          operand(Opcode.LONG, pickle().ascii("12L\n")),
          operand(Opcode.BININT, pickle().little4(7)),
          operand(Opcode.BININT1, pickle().bytes(7)),
          operand(Opcode.BININT2, pickle().bytes(7, 0)),
          operand(Opcode.LONG1, pickle().bytes(2, 7, 0)),
          operand(Opcode.LONG4, pickle().little4(2).bytes(7, 0)),
          operand(Opcode.BINFLOAT, pickle().little8(0)),
          operand(Opcode.STRING, pickle().ascii("'ab'\n")),
          operand(Opcode.BINSTRING, pickle().little4(2).ascii("ab")),
          operand(Opcode.SHORT_BINSTRING, pickle().bytes(2).ascii("ab")),
          operand(Opcode.UNICODE, pickle().ascii("ab\n")),
          operand(Opcode.BINUNICODE, pickle().little4(2).ascii("ab")),
          operand(Opcode.SHORT_BINUNICODE, pickle().bytes(2).ascii("ab")),
          operand(Opcode.BINUNICODE8, pickle().little8(2).ascii("ab")),
          operand(Opcode.PERSID, pickle().ascii("id\n")),
          operand(Opcode.GLOBAL, pickle().ascii("module\nname\n")),
          operand(Opcode.INST, pickle().ascii("module\nname\n")),
          operand(Opcode.GET, pickle().ascii("0\n")),
          operand(Opcode.BINGET, pickle().bytes(0)),
          operand(Opcode.LONG_BINGET, pickle().little4(0)),
          operand(Opcode.PUT, pickle().ascii("0\n")),
          operand(Opcode.BINPUT, pickle().bytes(0)),
          operand(Opcode.LONG_BINPUT, pickle().little4(0)));

  /** Would make an object of a class of the pickle's choice. */
  private static final Set<Opcode> OBJECTS =
      EnumSet.of(
          Opcode.OBJ,
          Opcode.INST,
          Opcode.NEWOBJ,
          Opcode.NEWOBJ_EX,
          Opcode.EXT1,
          Opcode.EXT2,
          Opcode.EXT4);

  /** Refused whatever comes before. */
  private static final Set<Opcode> BYTES_AND_SETS =
      EnumSet.of(
          Opcode.BINBYTES,
          Opcode.SHORT_BINBYTES,
          Opcode.BINBYTES8,
          Opcode.BYTEARRAY8,
          Opcode.NEXT_BUFFER,
          Opcode.READONLY_BUFFER,
          Opcode.EMPTY_SET,
          Opcode.ADDITEMS,
          Opcode.FROZENSET);

  /** Stand on their own: they take nothing from the stack. */
  private static final Set<Opcode> ALONE =
      EnumSet.of(
          Opcode.MARK,
          Opcode.FLOAT,
          Opcode.INT,
          Opcode.BININT,
          Opcode.BININT1,
          Opcode.LONG,
          Opcode.BININT2,
          Opcode.NONE,
          Opcode.STRING,
          Opcode.BINSTRING,
          Opcode.SHORT_BINSTRING,
          Opcode.UNICODE,
          Opcode.BINUNICODE,
          Opcode.EMPTY_DICT,
          Opcode.EMPTY_LIST,
          Opcode.EMPTY_TUPLE,
          Opcode.BINFLOAT,
          Opcode.PROTO,
          Opcode.FRAME,
          Opcode.NEWTRUE,
          Opcode.NEWFALSE,
          Opcode.LONG1,
          Opcode.LONG4,
          Opcode.SHORT_BINUNICODE,
          Opcode.BINUNICODE8);

  private static final Set<Opcode> TO_MARK =
      EnumSet.of(
          Opcode.POP_MARK, Opcode.DICT, Opcode.LIST, Opcode.TUPLE, Opcode.APPENDS, Opcode.SETITEMS);

  private static Map.Entry<Opcode, byte[]> operand(Opcode opcode, PickleBytes operand) {
    return Map.entry(opcode, operand.toBytes());
  }

  private static byte[] operand(Opcode opcode) {
    return OPERANDS.getOrDefault(opcode, new byte[0]);
  }

  static Stream<PickleRow> onAnEmptyStack() {
    return Arrays.stream(Opcode.values())
        .filter(opcode -> !ALONE.contains(opcode))
        .map(
            opcode ->
                new PickleRow(
                    "P01: " + opcode + " on an empty stack",
                    pickle().op(opcode).bytes(operand(opcode)).stop(),
                    opcode == Opcode.GLOBAL ? ErrorCode.PICKLE_FORBIDDEN : code(opcode),
                    "data.pkl byte 0"));
  }

  private static ErrorCode code(Opcode opcode) {
    return OBJECTS.contains(opcode) ? ErrorCode.PICKLE_FORBIDDEN : ErrorCode.PICKLE;
  }

  static Stream<PickleRow> withoutAMark() {
    return TO_MARK.stream()
        .map(
            opcode ->
                PickleRow.refused(
                    "P01: " + opcode + " without a mark",
                    pickle().none().none().op(opcode).stop(),
                    opcode + " finds no MARK"));
  }

  static Stream<PickleRow> onValuesOfTheWrongType() {
    var one = pickle().whole(1).toBytes();
    return Stream.of(
        wrong(Opcode.APPEND, pickle().bytes(one).none(), "no list"),
        wrong(Opcode.APPENDS, pickle().bytes(one).mark().none(), "no list"),
        wrong(Opcode.SETITEM, pickle().bytes(one).none().none(), "no dict"),
        wrong(Opcode.SETITEMS, pickle().bytes(one).mark().none().none(), "no dict"),
        wrong(Opcode.DICT, pickle().mark().emptyList().none(), "key"),
        wrong(Opcode.REDUCE, pickle().bytes(one).emptyTuple(), "REDUCE wants"),
        wrong(Opcode.STACK_GLOBAL, pickle().text("os").bytes(one), "two strings"),
        wrong(Opcode.STACK_GLOBAL, pickle().bytes(one).text("os"), "two strings"),
        wrong(Opcode.BINPERSID, pickle().bytes(one), "outside the pickle"),
        wrong(Opcode.TUPLE3, pickle().none().none(), "needs 3"),
        wrong(Opcode.TUPLE2, pickle().none().mark().none(), "needs 2"),
        wrong(Opcode.TUPLE1, pickle().none().mark(), "needs 1"),
        wrong(Opcode.DUP, pickle().none().mark(), "needs 1"),
        wrong(Opcode.STOP, pickle().none().mark(), "needs 1"),
        wrong(Opcode.MEMOIZE, pickle().none().mark(), "needs 1"),
        PickleRow.forbidden(
            "P01: BUILD of a number", pickle().bytes(one).none().build().stop(), "BUILD"));
  }

  private static PickleRow wrong(Opcode opcode, PickleBytes before, String piece) {
    return PickleRow.refused(
        "P01: " + opcode + " on wrong operands: " + piece, before.op(opcode).stop(), piece);
  }

  static Stream<PickleRow> cutWithinTheirOperand() {
    List<PickleRow> rows = new ArrayList<>();
    OPERANDS.forEach(
        (opcode, operand) -> {
          for (int length = 0; length < operand.length; length++) {
            rows.add(
                PickleRow.refused(
                    "P01: " + opcode + " cut after " + length + " bytes",
                    pickle().none().op(opcode).bytes(Arrays.copyOf(operand, length)).toBytes(),
                    "The file is damaged"));
          }
        });
    return rows.stream();
  }

  static Stream<PickleRow> neverRead() {
    return Stream.concat(OBJECTS.stream(), BYTES_AND_SETS.stream())
        .map(
            opcode ->
                new PickleRow(
                    "P01, P03, P11: " + opcode + " with all it could want",
                    pickle()
                        .none()
                        .mark()
                        .none()
                        .emptyTuple()
                        .emptyDict()
                        .op(opcode)
                        .bytes(operand(opcode))
                        .bytes(new byte[8])
                        .stop(),
                    code(opcode),
                    opcode == Opcode.INST ? "'module name', not allowed" : opcode + " makes"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({
    "onAnEmptyStack",
    "withoutAMark",
    "onValuesOfTheWrongType",
    "cutWithinTheirOperand",
    "neverRead"
  })
  void refuses(PickleRow row) {
    row.check(Constructors.none());
  }

  @Test
  void knowsEveryInstructionOfProtocols0To5() {
    assertEquals(68, Opcode.values().length);
    assertEquals(
        68, Arrays.stream(Opcode.values()).map(Opcode::code).distinct().count(), "distinct bytes");
  }

  @ParameterizedTest(name = "P01: 0x{0} is no instruction")
  @MethodSource("unknownBytes")
  void refusesAByteThatIsNoInstruction(String hex) {
    PickleRow.refused(
            "unknown", pickle().bytes(Integer.parseInt(hex, 16)).stop(), "0x" + hex + " is no")
        .check(Constructors.none());
  }

  static Stream<String> unknownBytes() {
    return IntStream.range(0, 256)
        .filter(code -> Opcode.of(code) == null)
        .mapToObj(code -> String.format("%02x", code));
  }
}
