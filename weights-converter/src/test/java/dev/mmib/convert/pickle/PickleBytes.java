package dev.mmib.convert.pickle;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** An assembler of pickles, right and wrong ones. */
public final class PickleBytes {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private PickleBytes() {}

  /** Begins with nothing, not even a protocol's number. */
  public static PickleBytes pickle() {
    return new PickleBytes();
  }

  /** Begins as {@code torch.save} does. */
  public static PickleBytes protocol2() {
    return pickle().bytes(0x80, 2);
  }

  public PickleBytes bytes(int... bytes) {
    for (int b : bytes) {
      out.write(b);
    }
    return this;
  }

  public PickleBytes bytes(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  /** Characters as bytes: many opcodes are ASCII letters. */
  public PickleBytes ascii(String text) {
    return bytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The same bytes {@code count} times. */
  public PickleBytes times(int count, String ascii) {
    return ascii(ascii.repeat(count));
  }

  PickleBytes op(Opcode opcode) {
    return bytes(opcode.code());
  }

  public PickleBytes mark() {
    return ascii("(");
  }

  public PickleBytes none() {
    return ascii("N");
  }

  public PickleBytes truth(boolean value) {
    return bytes(value ? 0x88 : 0x89);
  }

  public PickleBytes whole(long value) {
    return whole(BigInteger.valueOf(value));
  }

  public PickleBytes whole(BigInteger value) {
    if (value.bitLength() < 32) {
      return ascii("J").little4(value.intValue());
    }
    var bytes = value.toByteArray();
    bytes(0x8a, bytes.length);
    for (int i = bytes.length - 1; i >= 0; i--) {
      out.write(bytes[i]);
    }
    return this;
  }

  public PickleBytes real(double value) {
    return ascii("G").bytes(ByteBuffer.allocate(8).putDouble(value).array());
  }

  public PickleBytes text(String value) {
    var utf8 = value.getBytes(StandardCharsets.UTF_8);
    return ascii("X").little4(utf8.length).bytes(utf8);
  }

  public PickleBytes global(String module, String name) {
    return bytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Puts the top of the stack under a number. */
  public PickleBytes put(int number) {
    return ascii("r").little4(number);
  }

  public PickleBytes get(int number) {
    return ascii("j").little4(number);
  }

  public PickleBytes emptyTuple() {
    return ascii(")");
  }

  /** What is above the last mark. */
  public PickleBytes tuple() {
    return ascii("t");
  }

  public PickleBytes emptyList() {
    return ascii("]");
  }

  public PickleBytes appends() {
    return ascii("e");
  }

  public PickleBytes emptyDict() {
    return ascii("}");
  }

  public PickleBytes setItem() {
    return ascii("s");
  }

  public PickleBytes setItems() {
    return ascii("u");
  }

  public PickleBytes reduce() {
    return ascii("R");
  }

  public PickleBytes build() {
    return ascii("b");
  }

  public PickleBytes persistent() {
    return ascii("Q");
  }

  /** A tuple of integers. */
  public PickleBytes wholes(long... values) {
    mark();
    for (long value : values) {
      whole(value);
    }
    return tuple();
  }

  public PickleBytes orderedDict() {
    return global("collections", "OrderedDict").emptyTuple().reduce();
  }

  public PickleBytes little4(int value) {
    return bytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  public PickleBytes little8(long value) {
    return bytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  /** Ends the pickle. */
  public byte[] stop() {
    return ascii(".").toBytes();
  }

  public byte[] toBytes() {
    return out.toByteArray();
  }
}
