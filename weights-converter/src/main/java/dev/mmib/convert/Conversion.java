package dev.mmib.convert;

import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.model.Task;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a conversion has written.
 *
 * @param tensors how many; of a crop table its rows
 * @param bytes of the tensors; of a crop table those of its file
 * @param task of a released model; null of everything else
 * @param notes what was left out, renamed or assumed, in sentences
 */
public record Conversion(
    Kind kind, Path output, int tensors, long bytes, @Nullable Task task, List<String> notes) {

  /** What was written. */
  public enum Kind {
    /** One file of weights, alone or in a directory. */
    SAFETENSORS,
    /** A directory with a configuration, a vocabulary and weights. */
    HUGGINGFACE,
    /** A directory that {@code predict} and {@code evaluate} use. */
    MODEL,
    /** The crop table of a data set. */
    CROPS
  }

  /** Hears how far the writing of weights is. */
  @FunctionalInterface
  public interface Listener {
    void written(long bytes, long total);
  }

  public Conversion {
    notes = List.copyOf(notes);
  }

  /** As the command prints it. */
  public JsonObject toJson() {
    var told = new JsonArray();
    notes.forEach(told::add);
    return new JsonObject()
        .put("kind", kind.name().toLowerCase(Locale.ROOT))
        .put("output", output.toString())
        .put("task", task == null ? null : task.key())
        .put(kind == Kind.CROPS ? "rows" : "tensors", tensors)
        .put("bytes", bytes)
        .put("notes", told);
  }
}
