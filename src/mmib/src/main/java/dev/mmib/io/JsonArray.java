package dev.mmib.io;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A JSON array. */
public final class JsonArray extends JsonValue implements Iterable<JsonValue> {

  private final List<JsonValue> items = new ArrayList<>();

  /** An empty array to add to. */
  public JsonArray() {
    this(null, 0);
  }

  JsonArray(@Nullable Origin origin, long place) {
    super(origin, place);
  }

  public JsonArray add(JsonValue value) {
    items.add(value);
    return this;
  }

  public JsonArray add(String value) {
    return add(JsonScalar.of(value));
  }

  public JsonArray add(long value) {
    return add(JsonScalar.of(value));
  }

  public JsonArray add(double value) {
    return add(JsonScalar.of(value));
  }

  public int size() {
    return items.size();
  }

  public boolean isEmpty() {
    return items.isEmpty();
  }

  public JsonValue at(int index) {
    if (index < 0 || index >= items.size()) {
      throw error(
          "expected an array of more than " + index + " elements, got " + items.size(),
          "Correct the file.");
    }
    return items.get(index);
  }

  public List<JsonValue> items() {
    return Collections.unmodifiableList(items);
  }

  @Override
  public Iterator<JsonValue> iterator() {
    return items().iterator();
  }

  /** The elements as strings; refuses any other. */
  public List<String> strings() {
    return items.stream().map(JsonValue::asString).toList();
  }

  /** The elements as ints; refuses any other. */
  public int[] ints() {
    return items.stream().mapToInt(JsonValue::asInt).toArray();
  }

  /** The elements as longs; refuses any other. */
  public long[] longs() {
    return items.stream().mapToLong(JsonValue::asLong).toArray();
  }

  /** The elements as doubles; refuses any other. */
  public double[] doubles() {
    return items.stream().mapToDouble(JsonValue::asDouble).toArray();
  }

  @Override
  String description() {
    return "an array";
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JsonArray that && items.equals(that.items);
  }

  @Override
  public int hashCode() {
    return items.hashCode();
  }
}
