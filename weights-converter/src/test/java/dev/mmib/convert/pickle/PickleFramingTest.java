package dev.mmib.convert.pickle;

import static dev.mmib.convert.pickle.PickleBytes.pickle;
import static dev.mmib.convert.pickle.PickleRow.refused;
import static dev.mmib.convert.pickle.PickleRow.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.ByteBuffer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** P14 to P16: how a pickle begins and ends, and what is read of the bytes around it. */
class PickleFramingTest {

  static Stream<PickleRow> protocols() {
    return Stream.of(
        value("P14a: protocol 0", pickle().bytes(0x80, 0).none().stop(), "None"),
        value("P14b: protocol 1", pickle().bytes(0x80, 1).none().stop(), "None"),
        value("P14c: protocol 2", pickle().bytes(0x80, 2).none().stop(), "None"),
        value("P14d: protocol 3", pickle().bytes(0x80, 3).none().stop(), "None"),
        value(
            "P14e: protocol 4 with FRAME, MEMOIZE, SHORT_BINUNICODE",
            pickle()
                .bytes(0x80, 4, 0x95)
                .little8(8)
                .bytes(']', 0x94, 0x8c, 1, 'x', 0x94, 'a')
                .stop(),
            "['x']"),
        value("P14f: protocol 5", pickle().bytes(0x80, 5).none().stop(), "None"),
        refused("P14g: protocol 255", pickle().bytes(0x80, 255).none().stop(), "protocol 255"),
        refused("P14g: protocol 6", pickle().bytes(0x80, 6).none().stop(), "Protocols 0 to 5"),
        value("P14h: twice", pickle().bytes(0x80, 2, 0x80, 4).none().stop(), "None"),
        value("P14i: none", pickle().none().stop(), "None"),
        refused(
            "P15: FRAME past the end", pickle().bytes(0x95).little8(3).none().stop(), "3 bytes"),
        refused("P15: FRAME of 2^63", pickle().bytes(0x95).little8(1L << 63).none().stop(), "left"),
        value(
            "P15: FRAME shorter than its content",
            pickle().bytes(0x95).little8(1).none().stop(),
            "None"),
        refused("P16: no STOP", pickle().none().toBytes(), "ends without STOP"),
        refused("P16: nothing at all", pickle().toBytes(), "ends without STOP"),
        refused("P16: STOP on an empty stack", pickle().stop(), "STOP needs 1"),
        refused("P16: two values at STOP", pickle().none().none().stop(), "leaves values"),
        refused("P16: a mark below STOP", pickle().mark().none().stop(), "leaves values"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("protocols")
  void readsAsPythonOrRefuses(PickleRow row) {
    row.check(Constructors.none());
  }

  /** P16: bytes after STOP are the caller's to judge. */
  @Test
  void stopsJustBehindAPickleSoThatTheNextCanBeRead() {
    var both = pickle().text("one").ascii(".").whole(2).ascii(".").ascii("raw data").toBytes();
    var reader = new PickleReader(ByteSource.of(both), "old.pt", "", 0);
    assertEquals("'one'", Shown.of(PickleMachine.read(reader, Constructors.none())));
    assertEquals(9, reader.position());
    assertEquals("2", Shown.of(PickleMachine.read(reader, Constructors.none())));
    assertEquals(15, reader.position());
    assertEquals(8, reader.left());
  }

  @Test
  void errorsNameTheFileAndTheByteOfTheInstruction() {
    var bytes = pickle().times(20_000, "N0").bytes(0xff).stop();
    var reader = new PickleReader(ByteSource.of(bytes), "old.pt", "", 10_000);
    var error =
        assertThrows(MmibException.class, () -> PickleMachine.read(reader, Constructors.none()));
    assertEquals(ErrorCode.PICKLE, error.code());
    assertEquals("old.pt", error.file());
    assertEquals("byte 40000", error.position());
  }

  /** A string across the edge of the reader's buffer, and one longer than the buffer. */
  @Test
  void readsStringsOfAnyLength() {
    for (int length : new int[] {8180, 8186, 8187, 8188, 8192, 30_000}) {
      var text = "é".repeat(length / 2);
      var bytes = pickle().text(text).ascii("V" + "y".repeat(length) + "\n").bytes(0x86).stop();
      var reader = new PickleReader(ByteSource.of(bytes), "x.pkl", "", 0);
      assertEquals(
          "('" + text + "', '" + "y".repeat(length) + "')",
          Shown.of(PickleMachine.read(reader, Constructors.none())));
      assertEquals(bytes.length, reader.position());
    }
  }

  /** Lengths that lie ask for no more than is there. */
  @Test
  void asksTheFileForNothingPastItsEnd() {
    var bytes = pickle().ascii("X").little4(Integer.MAX_VALUE).times(100, "x").toBytes();
    var source =
        new ByteSource() {
          long asked;

          @Override
          public long size() {
            return bytes.length;
          }

          @Override
          public void read(long at, ByteBuffer to) {
            asked += to.remaining();
            to.put(bytes, (int) at, to.remaining());
          }
        };
    var reader = new PickleReader(source, "x.pkl", "", 0);
    assertThrows(MmibException.class, () -> PickleMachine.read(reader, Constructors.none()));
    assertEquals(bytes.length, source.asked);
  }
}
