package dev.mmib.convert.pickle;

import static dev.mmib.error.MmibException.quote;

import dev.mmib.convert.pickle.PickleValue.Bool;
import dev.mmib.convert.pickle.PickleValue.Int;
import dev.mmib.convert.pickle.PickleValue.Real;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/** Reads a pickle's numbers and truth values, as CPython does where it is strict. */
final class Numbers {

  private static final int LONGEST_BYTES = 1024;
  private static final int LONGEST_DIGITS = 2466;
  private static final int LONGEST_REAL = 1024;
  private static final Pattern WHOLE = Pattern.compile("[+-]?(0|[1-9][0-9]*)");
  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?");

  private Numbers() {}

  static PickleValue read(Opcode opcode, PickleReader from) throws Refusal {
    return switch (opcode) {
      case NEWTRUE -> new Bool(true);
      case NEWFALSE -> new Bool(false);
      case BININT -> Int.of(from.signed4());
      case BININT1 -> Int.of(from.unsigned1());
      case BININT2 -> Int.of(from.unsigned2());
      case LONG1 -> whole(from, from.unsigned1());
      case LONG4 -> whole(from, from.signed4());
      case INT -> oldInt(line(from, LONGEST_DIGITS));
      case LONG -> oldLong(line(from, LONGEST_DIGITS));
      case FLOAT -> oldReal(line(from, LONGEST_REAL));
      case BINFLOAT -> new Real(from.bigEndianDouble());
      default -> throw new IllegalArgumentException("pickle: " + opcode + " vs a number's opcode");
    };
  }

  /** The index of a memo entry, in decimal on a line; negative if it is not in the range of one. */
  static long index(PickleReader from) throws Refusal {
    var value = whole(line(from, LONGEST_DIGITS)).value();
    return value.bitLength() > 62 ? -1 : value.longValue();
  }

  private static Int whole(PickleReader from, int length) throws Refusal {
    if (length > LONGEST_BYTES) {
      throw Refusal.unsupported(
          "an integer of " + length + " bytes", "At most " + LONGEST_BYTES + " bytes are read");
    }
    var bytes = from.bytes(length);
    for (int i = 0, j = length - 1; i < j; i++, j--) {
      byte swapped = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = swapped;
    }
    return length == 0 ? Int.of(0) : new Int(new BigInteger(bytes));
  }

  private static PickleValue oldInt(String text) throws Refusal {
    return switch (text) {
      case "00" -> new Bool(false);
      case "01" -> new Bool(true);
      default -> whole(text);
    };
  }

  private static Int oldLong(String text) throws Refusal {
    return whole(text.endsWith("L") ? text.substring(0, text.length() - 1) : text);
  }

  private static Int whole(String text) throws Refusal {
    if (!WHOLE.matcher(text).matches()) {
      throw Refusal.damaged(quote(text) + " is no integer");
    }
    return new Int(new BigInteger(text));
  }

  private static Real oldReal(String text) throws Refusal {
    if (DECIMAL.matcher(text).matches()) {
      double value = Double.parseDouble(text);
      if (Double.isInfinite(value)) {
        throw Refusal.damaged(quote(text) + " is too large for a float");
      }
      return new Real(value);
    }
    boolean negative = text.startsWith("-");
    var unsigned = negative || text.startsWith("+") ? text.substring(1) : text;
    return switch (unsigned.toLowerCase(Locale.ROOT)) {
      case "nan" -> new Real(Double.NaN);
      case "inf", "infinity" ->
          new Real(negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
      default -> throw Refusal.damaged(quote(text) + " is no float");
    };
  }

  private static String line(PickleReader from, int most) throws Refusal {
    return new String(from.line(most), StandardCharsets.ISO_8859_1);
  }
}
