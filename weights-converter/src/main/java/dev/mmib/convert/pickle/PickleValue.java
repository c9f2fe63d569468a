package dev.mmib.convert.pickle;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A plain value that a pickle stands for.
 *
 * <p>Containers compare by identity, for a pickle may make them contain themselves.
 */
public sealed interface PickleValue {

  /** {@code None}. */
  enum None implements PickleValue {
    NONE
  }

  /** {@code True} or {@code False}. */
  record Bool(boolean value) implements PickleValue {}

  /** An {@code int} of any size. */
  record Int(BigInteger value) implements PickleValue {}

  /** A {@code float}. */
  record Real(double value) implements PickleValue {}

  /** A {@code str}. */
  record Text(String value) implements PickleValue {}

  /** A {@code list}, growing while the pickle is read. */
  final class Sequence implements PickleValue {
    private final List<PickleValue> items = new ArrayList<>();

    public List<PickleValue> items() {
      return items;
    }
  }

  /** A {@code tuple}. */
  final class Tuple implements PickleValue {
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
