package dev.mmib.convert;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.pickle.PickleValue.Text;
import dev.mmib.convert.torch.TorchTensor;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The named tensors of a PyTorch checkpoint.
 *
 * <p>They are the file's whole content, or lie in it under a name such as {@code state_dict} or
 * {@code model}. The prefix {@code module.} that training on several devices leaves is taken off
 * where every tensor has it. Entries that are no tensors are left out and told of; one that hides
 * tensors in a container is refused, for they would be lost.
 *
 * @param tensors by name, in the order of the file
 * @param notes what was left out or renamed, in sentences
 */
record StateDict(Map<String, TorchTensor> tensors, List<String> notes) {

  private static final String PREFIX = "module.";
  private static final String AVERAGED = "n_averaged";
  private static final String METADATA = "__metadata__";
  private static final int LONGEST_NAME = 65_536;

  StateDict {
    tensors = Collections.unmodifiableMap(tensors);
    notes = List.copyOf(notes);
  }

  /**
   * Finds the tensors in what a file holds.
   *
   * @param key where they are, names joined by {@code /}; null to look for them
   */
  static StateDict of(PickleValue root, String file, @Nullable String key) {
    var notes = new ArrayList<String>();
    var found = new NestedDicts(file).find(root, key, notes);
    return new Reader(file, notes).read(found);
  }

  private record Reader(String file, List<String> notes) {

    StateDict read(Dictionary dictionary) {
      var tensors = new LinkedHashMap<String, TorchTensor>();
      var others = new ArrayList<String>();
      boolean isPrefixed = isPrefixed(dictionary);
      for (var entry : dictionary.entries().entrySet()) {
        if (!(entry.getKey() instanceof Text key)) {
          throw refuse(
              "the key "
                  + MmibException.quote(Walk.key(entry.getKey()))
                  + " is "
                  + Walk.kind(entry.getKey())
                  + ", not a string",
              "Save the model's state_dict().");
        }
        if (!(entry.getValue() instanceof TorchTensor tensor)) {
          requireHarmless(key.value(), entry.getValue());
          others.add(key.value());
          continue;
        }
        boolean hasPrefix = isPrefixed && key.value().startsWith(PREFIX);
        var name = hasPrefix ? key.value().substring(PREFIX.length()) : key.value();
        requireName(name);
        if (tensors.put(name, tensor) != null) {
          throw refuse(
              "without the prefix " + PREFIX + " two tensors are " + MmibException.quote(name),
              "Rename one of them.");
        }
      }
      if (isPrefixed) {
        notes.add("the prefix " + PREFIX + " was taken off every name");
      }
      if (!others.isEmpty()) {
        notes.add(others.size() + " entries that are no tensors left out: " + Walk.names(others));
      }
      return new StateDict(tensors, notes);
    }

    /** Whether all tensors have the prefix, but for the counter that an average of models has. */
    private static boolean isPrefixed(Dictionary dictionary) {
      int prefixed = 0;
      for (var entry : dictionary.entries().entrySet()) {
        if (entry.getValue() instanceof TorchTensor && entry.getKey() instanceof Text key) {
          if (key.value().startsWith(PREFIX)) {
            prefixed++;
          } else if (!key.value().equals(AVERAGED)) {
            return false;
          }
        }
      }
      return prefixed > 0;
    }

    private void requireHarmless(String key, PickleValue value) {
      if (Walk.holdsTensor(value)) {
        throw refuse(
            "the entry "
                + MmibException.quote(key)
                + " is "
                + Walk.kind(value)
                + " that holds tensors, which have no name of their own",
            "Save the model's state_dict() alone.");
      }
    }

    private void requireName(String name) {
      if (name.equals(METADATA) || name.length() > LONGEST_NAME) {
        throw refuse(
            "a tensor's name is "
                + (name.equals(METADATA) ? METADATA : name.length() + " characters long")
                + ", which safetensors cannot hold",
            "Rename it.");
      }
    }

    private MmibException refuse(String what, String hint) {
      return MmibException.in(file, ErrorCode.PICKLE, what, hint);
    }
  }
}
