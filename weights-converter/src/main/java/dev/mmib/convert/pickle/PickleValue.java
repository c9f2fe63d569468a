package dev.mmib.convert.pickle;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A plain value that a pickle stands for.
 *
 * <p>Containers compare by identity. What {@link PickleMachine} gives is free of cycles and no
 * deeper and no larger, written out as a tree, than its {@link Budget}: it may be walked by
 * recursion. Keys are comparable so that a map stays fast where hashes are made to collide.
 */
public sealed interface PickleValue {

  /** Whether a dictionary may have this as a key: numbers, strings, {@code None}. */
  default boolean isKey() {
    return this instanceof None
        || this instanceof Bool
        || this instanceof Int
        || this instanceof Real
        || this instanceof Text;
  }

  /** {@code None}. */
  enum None implements PickleValue {
    NONE
  }

  /** {@code True} or {@code False}. */
  record Bool(boolean value) implements PickleValue {}

  /** An {@code int} of any size. */
  record Int(BigInteger value) implements PickleValue, Comparable<Int> {

    private static final int FIRST_KEPT = -16;
    private static final Int[] KEPT = new Int[1024];

    static {
      for (int i = 0; i < KEPT.length; i++) {
        KEPT[i] = new Int(BigInteger.valueOf(FIRST_KEPT + i));
      }
    }

    public static Int of(long value) {
      return value >= FIRST_KEPT && value < FIRST_KEPT + KEPT.length
          ? KEPT[(int) value - FIRST_KEPT]
          : new Int(BigInteger.valueOf(value));
    }

    @Override
    public int compareTo(Int other) {
      return value.compareTo(other.value);
    }
  }

  /** A {@code float}. */
  record Real(double value) implements PickleValue, Comparable<Real> {

    @Override
    public int compareTo(Real other) {
      return Double.compare(value, other.value);
    }
  }

  /** A {@code str}. */
  record Text(String value) implements PickleValue, Comparable<Text> {

    @Override
    public int compareTo(Text other) {
      return value.compareTo(other.value);
    }
  }

  /** A {@code list}, growing while the pickle is read. */
  final class Sequence implements PickleValue {
    private final List<PickleValue> items = new ArrayList<>();

    public List<PickleValue> items() {
      return items;
    }
  }

  /** A {@code tuple}. */
  final class Tuple implements PickleValue {

    /** {@code ()}, of which there is only one. */
    public static final Tuple EMPTY = new Tuple(List.of());

    private final List<PickleValue> items;

    public Tuple(List<PickleValue> items) {
      this.items = List.copyOf(items);
    }

    public List<PickleValue> items() {
      return items;
    }
  }

  /** A {@code dict} or {@code OrderedDict}, growing while the pickle is read. */
  final class Dictionary implements PickleValue {
    private final Map<PickleValue, PickleValue> entries = new LinkedHashMap<>();

    public Map<PickleValue, PickleValue> entries() {
      return entries;
    }
  }

  /** The name of something in a Python module, such as {@code collections OrderedDict}. */
  record Global(String module, String name) implements PickleValue {}

  /** What an allowed constructor made: a tensor, a storage. */
  non-sealed interface Built extends PickleValue {}
}
