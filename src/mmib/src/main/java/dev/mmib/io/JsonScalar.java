package dev.mmib.io;

import dev.mmib.error.MmibException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A string, a number, true, false or null. */
public final class JsonScalar extends JsonValue {

  enum Kind {
    STRING,
    NUMBER,
    BOOLEAN,
    NULL
  }

  public static final JsonScalar NULL = new JsonScalar(Kind.NULL, "null", null, 0);
  public static final JsonScalar TRUE = new JsonScalar(Kind.BOOLEAN, "true", null, 0);
  public static final JsonScalar FALSE = new JsonScalar(Kind.BOOLEAN, "false", null, 0);

  private final Kind kind;
  private final String text; // a string's content, a number's literal

  JsonScalar(Kind kind, String text, @Nullable Origin origin, long place) {
    super(origin, place);
    this.kind = kind;
    this.text = text;
  }

  public static JsonScalar of(String value) {
    return new JsonScalar(Kind.STRING, value, null, 0);
  }

  public static JsonScalar of(boolean value) {
    return value ? TRUE : FALSE;
  }

  public static JsonScalar of(long value) {
    return new JsonScalar(Kind.NUMBER, Long.toString(value), null, 0);
  }

  /** A finite number in the shortest digits that give it back. */
  public static JsonScalar of(double value) {
    requireFinite(Double.isFinite(value), value);
    return new JsonScalar(Kind.NUMBER, Double.toString(value), null, 0);
  }

  /** The same for a float, so that 0.1f is written 0.1. */
  public static JsonScalar of(float value) {
    requireFinite(Float.isFinite(value), value);
    return new JsonScalar(Kind.NUMBER, Float.toString(value), null, 0);
  }

  private static void requireFinite(boolean finite, double value) {
    if (!finite) {
      throw new IllegalArgumentException(
          "json: " + value + " vs a finite number: JSON has no such number, write null");
    }
  }

  Kind kind() {
    return kind;
  }

  String text() {
    return text;
  }

  @Override
  public boolean isNull() {
    return kind == Kind.NULL;
  }

  @Override
  public String asString() {
    return textOf(Kind.STRING, "a string");
  }

  @Override
  public String asNumberLiteral() {
    return textOf(Kind.NUMBER, "a number");
  }

  @Override
  public boolean asBoolean() {
    return textOf(Kind.BOOLEAN, "true or false").equals("true");
  }

  private String textOf(Kind wanted, String name) {
    if (kind != wanted) {
      throw unexpected(name);
    }
    return text;
  }

  @Override
  String description() {
    return switch (kind) {
      case STRING -> "string " + MmibException.quote(text);
      case NUMBER -> "number " + (text.length() > 64 ? text.substring(0, 64) + "…" : text);
      case BOOLEAN, NULL -> text;
    };
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JsonScalar that && kind == that.kind && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, text);
  }
}
