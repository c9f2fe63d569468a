package dev.mmib.convert;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.torch.TorchTensor;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Every tensor in what a pickle stands for, and its other values in a few words.
 *
 * @param tensors by the names and positions that lead there, joined by {@code /}
 * @param values what is beside them, containers without tensors by their size
 */
record Listing(Map<String, TorchTensor> tensors, Map<String, String> values) {

  private static final int MOST_VALUES = 64;
  private static final long MOST_CHARACTERS = 64L << 20;

  private record Place(String path, PickleValue value) {}

  /**
   * Lists what is in a value, as often as it is there.
   *
   * @param file what an error names
   */
  static Listing of(PickleValue root, String file) {
    var listing = new Listing(new LinkedHashMap<>(), new LinkedHashMap<>());
    listing.walk(root, file);
    return listing;
  }

  private void walk(PickleValue root, String file) {
    var waiting = new ArrayDeque<Place>();
    waiting.push(new Place("", root));
    long untold = 0;
    long characters = 0;
    while (!waiting.isEmpty()) {
      var next = waiting.pop();
      characters += next.path().length();
      if (characters > MOST_CHARACTERS) {
        throw MmibException.in(
            file,
            ErrorCode.PICKLE,
            "has names of more than " + MOST_CHARACTERS + " characters in all",
            "Save the model's state_dict().");
      }
      if (next.value() instanceof TorchTensor tensor) {
        tensors.put(free(next.path()), tensor);
      } else if (isContainer(next.value())) {
        open(next, waiting);
      } else if (values.size() < MOST_VALUES) {
        values.put(next.path(), Walk.summary(next.value()));
      } else {
        untold++;
      }
    }
    if (untold > 0) {
      values.put("…", untold + " more");
    }
  }

  /** The path, with a number where the number 0 and the text "0" lead to two tensors. */
  private String free(String path) {
    var name = path;
    for (int i = 2; tensors.containsKey(name); i++) {
      name = path + " (" + i + ")";
    }
    return name;
  }

  private static boolean isContainer(PickleValue value) {
    return !Walk.inside(value).isEmpty();
  }

  /** Puts what is in a container on the stack, the first to be taken first. */
  private static void open(Place at, ArrayDeque<Place> waiting) {
    var inside = new ArrayDeque<Place>();
    var before = at.path().isEmpty() ? "" : at.path() + "/";
    if (at.value() instanceof Dictionary dictionary) {
      dictionary
          .entries()
          .forEach((key, value) -> inside.push(new Place(before + Walk.key(key), value)));
    } else {
      int number = 0;
      for (var item : Walk.inside(at.value())) {
        inside.push(new Place(before + number++, item));
      }
    }
    inside.forEach(waiting::push);
  }
}
