package dev.mmib.io;

import dev.mmib.error.MmibException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object; its members keep their order.
 *
 * <p>{@code x.integer("layers")} refuses a missing or ill-typed member and names it; {@code
 * x.integer("layers", 12)} gives 12 for a member that is missing or null.
 */
public final class JsonObject extends JsonValue {

  private final Map<String, JsonValue> members = new LinkedHashMap<>();

  /** An empty object to put members into. */
  public JsonObject() {
    this(null, 0);
  }

  JsonObject(@Nullable Origin origin, long place) {
    super(origin, place);
  }

  /** Sets a member; one that is already there keeps its place in the order. */
  public JsonObject put(String key, JsonValue value) {
    members.put(key, value);
    return this;
  }

  /** Sets a string, or JSON's null. */
  public JsonObject put(String key, @Nullable String value) {
    return put(key, value == null ? JsonScalar.NULL : JsonScalar.of(value));
  }

  public JsonObject put(String key, long value) {
    return put(key, JsonScalar.of(value));
  }

  public JsonObject put(String key, double value) {
    return put(key, JsonScalar.of(value));
  }

  public JsonObject put(String key, boolean value) {
    return put(key, JsonScalar.of(value));
  }

  boolean putIfNew(String key, JsonValue value) {
    return members.putIfAbsent(key, value) == null;
  }

  public Set<String> keys() {
    return Collections.unmodifiableSet(members.keySet());
  }

  public Map<String, JsonValue> members() {
    return Collections.unmodifiableMap(members);
  }

  public int size() {
    return members.size();
  }

  /** Whether there is such a member, null or not. */
  public boolean has(String key) {
    return members.containsKey(key);
  }

  /** The member, or null when there is none; JSON's null is a value. */
  public @Nullable JsonValue find(String key) {
    return members.get(key);
  }

  /** The member; refuses when there is none. */
  public JsonValue at(String key) {
    var value = members.get(key);
    if (value == null) {
      throw error("no member " + MmibException.quote(key), "Add it.");
    }
    return value;
  }

  public JsonObject object(String key) {
    return named(key, at(key), JsonValue::asObject);
  }

  public JsonArray array(String key) {
    return named(key, at(key), JsonValue::asArray);
  }

  public String string(String key) {
    return named(key, at(key), JsonValue::asString);
  }

  public int integer(String key) {
    return named(key, at(key), JsonValue::asInt);
  }

  public long longInteger(String key) {
    return named(key, at(key), JsonValue::asLong);
  }

  public double number(String key) {
    return named(key, at(key), JsonValue::asDouble);
  }

  public boolean bool(String key) {
    return named(key, at(key), JsonValue::asBoolean);
  }

  public String string(String key, String otherwise) {
    return absent(key) ? otherwise : string(key);
  }

  public int integer(String key, int otherwise) {
    return absent(key) ? otherwise : integer(key);
  }

  public double number(String key, double otherwise) {
    return absent(key) ? otherwise : number(key);
  }

  public boolean bool(String key, boolean otherwise) {
    return absent(key) ? otherwise : bool(key);
  }

  /** Whether a member is missing or null. */
  public boolean absent(String key) {
    var value = members.get(key);
    return value == null || value.isNull();
  }

  private interface Typed<T> {
    T of(JsonValue value);
  }

  private static <T> T named(String key, JsonValue value, Typed<T> typed) {
    try {
      return typed.of(value);
    } catch (MmibException e) {
      throw value.error(MmibException.quote(key) + ": " + e.what(), e.hint()).causedBy(e);
    }
  }

  @Override
  String description() {
    return "an object";
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JsonObject that && members.equals(that.members);
  }

  @Override
  public int hashCode() {
    return members.hashCode();
  }
}
