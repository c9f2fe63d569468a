package dev.mmib.convert.pickle;

import dev.mmib.convert.pickle.PickleValue.Bool;
import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.pickle.PickleValue.Global;
import dev.mmib.convert.pickle.PickleValue.Int;
import dev.mmib.convert.pickle.PickleValue.Real;
import dev.mmib.convert.pickle.PickleValue.Sequence;
import dev.mmib.convert.pickle.PickleValue.Text;
import dev.mmib.convert.pickle.PickleValue.Tuple;
import java.util.stream.Collectors;

/** A value written about as Python would; by recursion, which the machine promises is safe. */
public final class Shown {

  private Shown() {}

  public static String of(PickleValue value) {
    if (value instanceof Bool truth) {
      return truth.value() ? "True" : "False";
    } else if (value instanceof Int number) {
      return number.value().toString();
    } else if (value instanceof Real number) {
      return Double.toString(number.value());
    } else if (value instanceof Text text) {
      return "'" + text.value() + "'";
    } else if (value instanceof Sequence list) {
      return list.items().stream().map(Shown::of).collect(Collectors.joining(", ", "[", "]"));
    } else if (value instanceof Tuple tuple) {
      return tuple.items().stream().map(Shown::of).collect(Collectors.joining(", ", "(", ")"));
    } else if (value instanceof Dictionary dictionary) {
      return dictionary.entries().entrySet().stream()
          .map(entry -> of(entry.getKey()) + ": " + of(entry.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    } else if (value instanceof Global global) {
      return "<" + global.module() + "." + global.name() + ">";
    }
    return value == PickleValue.None.NONE ? "None" : value.toString();
  }
}
