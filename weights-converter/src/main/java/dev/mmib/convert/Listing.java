package dev.mmib.convert;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.torch.TorchTensor;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Every tensor in what a pickle stands for, and its other values in a few words.
 *
 * @param tensors by the names and positions that lead there, joined by {@code /}
 * @param values what is beside them, containers without tensors by their size
 */
record Listing(Map<String, TorchTensor> tensors, Map<String, String> values) {

  private static final int DEEPEST = 64;
  private static final int MOST_VALUES = 64;

  private record Place(String path, int depth, PickleValue value) {}

  static Listing of(PickleValue root) {
    var listing = new Listing(new LinkedHashMap<>(), new LinkedHashMap<>());
    listing.walk(root);
    return listing;
  }

  private void walk(PickleValue root) {
    Set<PickleValue> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    var waiting = new ArrayDeque<Place>();
    waiting.push(new Place("", 0, root));
    long untold = 0;
    while (!waiting.isEmpty()) {
      var next = waiting.pop();
      if (next.value() instanceof TorchTensor tensor) {
        tensors.put(next.path(), tensor);
      } else if (isContainer(next.value()) && next.depth() < DEEPEST) {
        if (seen.add(next.value())) {
          open(next, waiting);
        }
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
          .forEach(
              (key, value) ->
                  inside.push(new Place(before + Walk.key(key), at.depth() + 1, value)));
    } else {
      int number = 0;
      for (var item : Walk.inside(at.value())) {
        inside.push(new Place(before + number++, at.depth() + 1, item));
      }
    }
    inside.forEach(waiting::push);
  }
}
