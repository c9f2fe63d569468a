package dev.mmib.convert;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.pickle.PickleValue.Text;
import dev.mmib.convert.torch.TorchTensor;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the dictionary of tensors that is meant among those of a checkpoint. */
record NestedDicts(String file) {

  /** What training programs call a model's tensors. */
  private static final List<String> USUAL =
      List.of(
          "state_dict",
          "model_state_dict",
          "model_state",
          "model",
          "module",
          "net",
          "network",
          "weights");

  /** How the whole content of a file is called. */
  private static final String TOP = "/";

  private static final int DEEPEST = 4;

  /** A dictionary with tensors in it, by the names that lead there. */
  private record Found(List<String> path, Dictionary dictionary) {

    String name() {
      return path.isEmpty() ? TOP : String.join("/", path);
    }

    boolean isUsual() {
      return !path.isEmpty() && USUAL.contains(path.get(path.size() - 1));
    }
  }

  /**
   * Gives the dictionary.
   *
   * @param key its path; null to look for it
   * @param notes takes what is told of the choice
   */
  Dictionary find(PickleValue root, @Nullable String key, List<String> notes) {
    var all = all(root);
    if (all.isEmpty()) {
      throw refuse("holds no state_dict: " + describe(root), "Save the model's state_dict().");
    }
    var found = key == null ? choose(root, all) : named(key, root, all);
    if (!found.path().isEmpty()) {
      notes.add(
          "the tensors are those of " + MmibException.quote(found.name()) + left(root, found));
    }
    return found.dictionary();
  }

  private Found named(String key, PickleValue root, List<Found> all) {
    var names = key.length() > 1 && key.endsWith(TOP) ? key.substring(0, key.length() - 1) : key;
    var found = new Found(List.of(), root instanceof Dictionary top ? top : new Dictionary());
    for (var rest = names.equals(TOP) ? "" : names; !rest.isEmpty(); ) {
      var inner = inner(found, rest);
      if (inner == null) {
        break;
      }
      found = inner;
      var name = inner.path().get(inner.path().size() - 1);
      rest = rest.substring(Math.min(rest.length(), name.length() + 1));
    }
    if (!found.name().equals(names) || !hasTensor(found.dictionary())) {
      throw refuse(
          "has no tensors under " + MmibException.quote(key) + "; " + describe(root),
          "There are some under " + names(all) + ".");
    }
    return found;
  }

  /** The dictionary that a path begins with; names may have a stroke in them. */
  private static @Nullable Found inner(Found of, String path) {
    for (var entry : of.dictionary().entries().entrySet()) {
      if (entry.getKey() instanceof Text text
          && entry.getValue() instanceof Dictionary inner
          && (path.equals(text.value()) || path.startsWith(text.value() + TOP))) {
        var longer = new ArrayList<>(of.path());
        longer.add(text.value());
        return new Found(longer, inner);
      }
    }
    return null;
  }

  private static boolean hasTensor(Dictionary dictionary) {
    return dictionary.entries().values().stream().anyMatch(TorchTensor.class::isInstance);
  }

  /** The only one; else the only one of those nearest to the top that have a usual name. */
  private Found choose(PickleValue root, List<Found> all) {
    if (all.size() == 1) {
      return all.get(0);
    }
    var usual = all.stream().filter(Found::isUsual).toList();
    int top = usual.stream().mapToInt(one -> one.path().size()).min().orElse(0);
    var nearest = usual.stream().filter(one -> one.path().size() == top).toList();
    if (nearest.size() != 1) {
      throw refuse(
          "has several state_dicts, under " + names(all) + "; " + describe(root),
          "Say which one by --key.");
    }
    return nearest.get(0);
  }

  /** Every dictionary with string keys and a tensor in it, those nearest to the top first. */
  private static List<Found> all(PickleValue root) {
    var seen = Collections.newSetFromMap(new IdentityHashMap<Dictionary, Boolean>());
    var all = new ArrayList<Found>();
    var waiting = new ArrayDeque<Found>();
    if (root instanceof Dictionary dictionary) {
      waiting.add(new Found(List.of(), dictionary));
    }
    while (!waiting.isEmpty()) {
      var next = waiting.remove();
      if (!seen.add(next.dictionary())) {
        continue;
      }
      if (hasTensor(next.dictionary())) {
        all.add(next);
      }
      if (next.path().size() < DEEPEST) {
        next.dictionary()
            .entries()
            .forEach(
                (key, value) -> {
                  if (key instanceof Text text && value instanceof Dictionary inner) {
                    var path = new ArrayList<>(next.path());
                    path.add(text.value());
                    waiting.add(new Found(path, inner));
                  }
                });
      }
    }
    return all;
  }

  private static String left(PickleValue root, Found found) {
    if (!(root instanceof Dictionary dictionary)) {
      return "";
    }
    var others =
        dictionary.entries().keySet().stream()
            .map(Walk::key)
            .filter(key -> !key.equals(found.path().get(0)))
            .limit(100)
            .toList();
    return others.isEmpty() ? "" : "; left out: " + Walk.names(others);
  }

  private static String names(List<Found> all) {
    return Walk.names(all.stream().map(Found::name).limit(100).toList());
  }

  private static String describe(PickleValue root) {
    return root instanceof Dictionary dictionary
        ? "its keys are " + (dictionary.entries().isEmpty() ? "none" : Walk.keys(dictionary))
        : "it is " + Walk.kind(root);
  }

  private MmibException refuse(String what, String hint) {
    return MmibException.in(file, ErrorCode.PICKLE, what, hint);
  }
}
