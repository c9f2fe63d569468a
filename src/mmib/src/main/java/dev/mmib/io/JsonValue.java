package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * A node of a JSON document that knows where it was written.
 *
 * <p>Typed access ({@link #asInt}, {@link #asString}, …) refuses a value of another kind with the
 * file, line and column of the value. Values made by a program have no place.
 */
public abstract sealed class JsonValue permits JsonObject, JsonArray, JsonScalar {

  /** Where a document came from, and which error its mistakes are. */
  record Origin(String file, ErrorCode code) {}

  private static final String CURE = "Correct the file.";

  private final @Nullable Origin origin;
  private final long place; // line · 2³² + column, both from 1

  JsonValue(@Nullable Origin origin, long place) {
    this.origin = origin;
    this.place = place;
  }

  /** What it is, for messages: {@code an object}, {@code string 'x'}, {@code number 3}. */
  abstract String description();

  /** Whether this is JSON's {@code null}. */
  public boolean isNull() {
    return false;
  }

  public final JsonObject asObject() {
    if (this instanceof JsonObject object) {
      return object;
    }
    throw unexpected("an object");
  }

  public final JsonArray asArray() {
    if (this instanceof JsonArray array) {
      return array;
    }
    throw unexpected("an array");
  }

  public String asString() {
    throw unexpected("a string");
  }

  public boolean asBoolean() {
    throw unexpected("true or false");
  }

  /** The digits of a number as they were written. */
  public String asNumberLiteral() {
    throw unexpected("a number");
  }

  /** A whole number that fits an int; {@code 768.0} is one, {@code 1e3} and {@code "768"} not. */
  public final int asInt() {
    long value = asLong();
    if (value != (int) value) {
      throw unexpected("a whole number from -2147483648 to 2147483647");
    }
    return (int) value;
  }

  /** A whole number that fits a long, exactly. */
  public final long asLong() {
    var literal = asNumberLiteral();
    if (literal.indexOf('e') < 0 && literal.indexOf('E') < 0) {
      var decimal = new BigDecimal(literal);
      try {
        return decimal.longValueExact();
      } catch (ArithmeticException e) {
        throw unexpected("a whole number of at most 64 bits").causedBy(e);
      }
    }
    throw unexpected("a whole number written without an exponent");
  }

  /** The nearest double; a number whose nearest double is infinite is refused. */
  public final double asDouble() {
    double value = Double.parseDouble(asNumberLiteral());
    if (Double.isInfinite(value)) {
      throw unexpected("a number of magnitude below 1.8e308");
    }
    return value;
  }

  /** An error about this value, at its place. */
  public final MmibException error(String what, String hint) {
    if (origin == null) {
      return MmibException.of(ErrorCode.CONFIG, what, hint);
    }
    return MmibException.at(origin.file(), position(place), origin.code(), what, hint);
  }

  final MmibException unexpected(String wanted) {
    return error("expected " + wanted + ", got " + description(), CURE);
  }

  static long place(int line, int column) {
    return ((long) line << 32) | column;
  }

  static String position(long place) {
    return "line " + (place >>> 32) + ":" + (place & 0xFFFFFFFFL);
  }

  /** The value as compact JSON. */
  @Override
  public final String toString() {
    return Json.write(this);
  }
}
