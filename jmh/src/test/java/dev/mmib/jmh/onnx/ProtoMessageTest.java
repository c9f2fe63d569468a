package dev.mmib.jmh.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Bytes as the examples of protobuf.dev have them. */
class ProtoMessageTest {

  private static String hex(ProtoMessage message) {
    return HexFormat.of().formatHex(message.toBytes());
  }

  @Test
  void writesIntegersByGroupsOfSevenBits() {
    assertEquals("089601", hex(new ProtoMessage().integer(1, 150)));
    assertEquals("08ffffffffffffffffff01", hex(new ProtoMessage().integer(1, -1)));
    assertEquals("a00107", hex(new ProtoMessage().integer(20, 7)));
  }

  @Test
  void writesTextMessagesAndRealsWithTheirLengths() {
    assertEquals("120774657374696e67", hex(new ProtoMessage().text(2, "testing")));
    var inner = new ProtoMessage().integer(1, 150);
    assertEquals("1a03089601", hex(new ProtoMessage().message(3, inner)));
    assertEquals("150000803f", hex(new ProtoMessage().real(2, 1)));
  }
}
