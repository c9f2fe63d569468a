package dev.mmib.convert.torch;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.PickleValue.Bool;
import dev.mmib.convert.pickle.PickleValue.Int;
import dev.mmib.convert.pickle.PickleValue.None;
import dev.mmib.convert.pickle.PickleValue.Real;
import dev.mmib.convert.pickle.PickleValue.Text;
import dev.mmib.convert.pickle.PickleValue.Tuple;
import dev.mmib.convert.pickle.Refusal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * NumPy's single numbers, such as the best score of a training, as plain ones.
 *
 * <p>They are written as {@code scalar(dtype, bytes)}, and the bytes as a string to be encoded.
 * Arrays are not read.
 */
final class NumpyScalars {

  private static final int LONGEST = 8;
  private static final String HINT = "Save NumPy's numbers by item(), its arrays as tensors";

  /** Bytes of a number of each type. */
  private static final Map<String, Integer> WIDTHS =
      Map.of(
          "f8", 8, "f4", 4, "i8", 8, "i4", 4, "i2", 2, "i1", 1, "u8", 8, "u4", 4, "u1", 1, "b1", 1);

  private record Type(String name) implements PickleValue.Built {}

  private record Bytes(ByteBuffer littleEndian) implements PickleValue.Built {}

  private NumpyScalars() {}

  /** {@code dtype(name, align, copy)}. */
  static PickleValue type(List<PickleValue> arguments) throws Refusal {
    boolean known =
        arguments.size() == 3
            && arguments.get(0) instanceof Text name
            && WIDTHS.containsKey(name.value())
            && arguments.get(1) instanceof Bool
            && arguments.get(2) instanceof Bool;
    if (!known) {
      throw Refusal.unsupported("a NumPy dtype that is not read here", HINT);
    }
    return new Type(((Text) arguments.get(0)).value());
  }

  /** Whether a state says of a type that it is little-endian and has no parts. */
  static boolean isState(PickleValue on, PickleValue state) {
    return on instanceof Type
        && state instanceof Tuple tuple
        && tuple.items().size() == 8
        && tuple.items().get(0).equals(Int.of(3))
        && (tuple.items().get(1).equals(new Text("<"))
            || tuple.items().get(1).equals(new Text("|")))
        && tuple.items().subList(2, 5).stream().allMatch(None.NONE::equals)
        && tuple.items().subList(5, 8).stream().allMatch(Int.class::isInstance);
  }

  /** {@code encode(text, "latin1")}, short ones. */
  static PickleValue bytes(List<PickleValue> arguments) throws Refusal {
    if (arguments.size() != 2
        || !(arguments.get(0) instanceof Text text)
        || !arguments.get(1).equals(new Text("latin1"))
        || text.value().length() > LONGEST
        || text.value().chars().anyMatch(c -> c > 0xff)) {
      throw Refusal.unsupported("bytes that are not those of a NumPy number", HINT);
    }
    var bytes = text.value().getBytes(StandardCharsets.ISO_8859_1);
    return new Bytes(ByteBuffer.wrap(bytes));
  }

  /** {@code scalar(dtype, bytes)}. */
  static PickleValue scalar(List<PickleValue> arguments) throws Refusal {
    if (arguments.size() != 2
        || !(arguments.get(0) instanceof Type type)
        || !(arguments.get(1) instanceof Bytes bytes)
        || bytes.littleEndian().remaining() != WIDTHS.getOrDefault(type.name(), -1)) {
      throw Refusal.unsupported("a NumPy scalar without its type and its bytes", HINT);
    }
    var from = bytes.littleEndian().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    return switch (type.name()) {
      case "f8" -> new Real(from.getDouble());
      case "f4" -> new Real(from.getFloat());
      case "i8" -> Int.of(from.getLong());
      case "i4" -> Int.of(from.getInt());
      case "i2" -> Int.of(from.getShort());
      case "i1" -> Int.of(from.get());
      case "u8" -> new Int(new BigInteger(Long.toUnsignedString(from.getLong())));
      case "u4" -> Int.of(Integer.toUnsignedLong(from.getInt()));
      case "u1" -> Int.of(from.get() & 0xff);
      default -> new Bool(from.get() != 0);
    };
  }
}
