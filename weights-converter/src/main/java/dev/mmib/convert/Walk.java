package dev.mmib.convert;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.PickleValue.Bool;
import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.pickle.PickleValue.Global;
import dev.mmib.convert.pickle.PickleValue.Int;
import dev.mmib.convert.pickle.PickleValue.None;
import dev.mmib.convert.pickle.PickleValue.Real;
import dev.mmib.convert.pickle.PickleValue.Sequence;
import dev.mmib.convert.pickle.PickleValue.Text;
import dev.mmib.convert.pickle.PickleValue.Tuple;
import dev.mmib.convert.torch.TorchTensor;
import dev.mmib.error.MmibException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Looking around in what a pickle stands for.
 *
 * <p>Nothing here recurses, and no container is looked into twice.
 */
final class Walk {

  private static final int LONGEST_NUMBER = 40;
  private static final int MOST_NAMES = 8;

  private Walk() {}

  /** Whether there is a tensor anywhere in a value. */
  static boolean holdsTensor(PickleValue value) {
    var seen = Collections.newSetFromMap(new IdentityHashMap<PickleValue, Boolean>());
    var waiting = new ArrayDeque<PickleValue>(List.of(value));
    while (!waiting.isEmpty()) {
      var next = waiting.pop();
      if (next instanceof TorchTensor) {
        return true;
      }
      var inside = inside(next);
      if (!inside.isEmpty() && seen.add(next)) {
        waiting.addAll(inside);
      }
    }
    return false;
  }

  /** What a container holds; a dictionary's values. */
  static Collection<PickleValue> inside(PickleValue value) {
    if (value instanceof Dictionary dictionary) {
      return dictionary.entries().values();
    }
    if (value instanceof Sequence sequence) {
      return sequence.items();
    }
    return value instanceof Tuple tuple ? tuple.items() : List.of();
  }

  /** A value in a few words, such as {@code 3}, {@code 'text'} or {@code dict of 4}. */
  static String summary(PickleValue value) {
    if (value instanceof Text text) {
      return MmibException.quote(text.value());
    }
    if (value instanceof Int number) {
      var digits = number.value().bitLength() > 128 ? "a long int" : number.value().toString();
      return digits.length() > LONGEST_NUMBER ? "a long int" : digits;
    }
    if (value instanceof Real real) {
      return Double.toString(real.value());
    }
    if (value instanceof Bool bool) {
      return bool.value() ? "True" : "False";
    }
    if (value instanceof None) {
      return "None";
    }
    if (value instanceof Global global) {
      return MmibException.quote(global.module() + "." + global.name());
    }
    return kind(value);
  }

  /** What a value is: {@code int}, {@code dict of 4}, {@code a tensor}. */
  static String kind(PickleValue value) {
    if (value instanceof TorchTensor tensor) {
      return "a tensor " + tensor.dims();
    }
    if (value instanceof Dictionary dictionary) {
      return "dict of " + dictionary.entries().size();
    }
    if (value instanceof Sequence sequence) {
      return "list of " + sequence.items().size();
    }
    if (value instanceof Tuple tuple) {
      return "tuple of " + tuple.items().size();
    }
    if (value instanceof Text) {
      return "str";
    }
    if (value instanceof Int) {
      return "int";
    }
    if (value instanceof Real) {
      return "float";
    }
    if (value instanceof Bool) {
      return "bool";
    }
    return value instanceof None ? "None" : value.getClass().getSimpleName();
  }

  /** A dictionary's key as a word. */
  static String key(PickleValue key) {
    return key instanceof Text text ? text.value() : summary(key);
  }

  /** The first few keys of a dictionary, quoted. */
  static String keys(Dictionary dictionary) {
    return names(
        dictionary.entries().keySet().stream().limit(MOST_NAMES + 1).map(Walk::key).toList());
  }

  /** The first few of many names, quoted. */
  static String names(Collection<String> names) {
    var shown =
        names.stream()
            .limit(MOST_NAMES)
            .map(MmibException::quote)
            .collect(Collectors.toCollection(ArrayList::new));
    if (names.size() > MOST_NAMES) {
      shown.add("…");
    }
    return String.join(", ", shown);
  }
}
