package dev.mmib.io;

import dev.mmib.model.Task;
import dev.mmib.nn.Initializer;
import dev.mmib.nn.Values;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A trained model's weights for a model with other labels, another task, or other words.
 *
 * <p>Rows of the heads and of the table of words are carried over by name: {@code PER} keeps what
 * was learned of {@code PER} wherever it stands in either list, and transitions of the conditional
 * random field keep what was learned of both their tags. What only the new model has is drawn
 * afresh. Every other weight is taken whole if its shape is the same, else drawn afresh.
 */
public final class TransferredWeights implements Weights {

  /**
   * What rows of a model's weights stand for.
   *
   * @param labels tags or relations, by index
   * @param tokens word pieces, by id; the table may have more rows
   */
  public record Names(Task task, List<String> labels, List<String> tokens) {

    public Names {
      labels = List.copyOf(labels);
      tokens = List.copyOf(tokens);
    }
  }

  private static final String WORDS = "bert.embeddings.word_embeddings.weight";
  private static final String TRANSITIONS = "crf.transitions";

  private final StoredWeights stored;
  private final Names from;
  private final Names to;
  private final Weights otherwise;
  private final List<String> whole = new ArrayList<>();
  private final List<String> byName = new ArrayList<>();
  private final List<String> fresh = new ArrayList<>();

  /**
   * Weights out of {@code stored}.
   *
   * @param from names of the stored model
   * @param to names of the model that is made
   * @param otherwise where the numbers come from that the stored model does not have
   */
  public TransferredWeights(StoredWeights stored, Names from, Names to, Weights otherwise) {
    this.stored = stored;
    this.from = from;
    this.to = to;
    this.otherwise = otherwise;
  }

  @Override
  public Values values(String name, Shape shape, Initializer drawn) {
    int[] dims = stored.dims(name);
    int[] rows = rows(name);
    if (dims != null && rows != null) {
      if (fits(dims, shape, rows, name.equals(TRANSITIONS))) {
        return named(name, shape, dims, rows, drawn);
      }
    } else if (dims != null && !isOfLabels(name) && Arrays.equals(dims, shape.dims())) {
      whole.add(name);
      return stored.values(name);
    }
    fresh.add(name);
    return otherwise.values(name, shape, drawn);
  }

  private static boolean isOfLabels(String name) {
    return name.startsWith("head.") || name.startsWith("crf.");
  }

  /** The stored row of each new one, −1 for none; null where rows have no names in common. */
  private int @Nullable [] rows(String name) {
    if (name.equals(WORDS)) {
      return places(from.tokens(), to.tokens());
    }
    return isOfLabels(name) && from.task() == to.task() ? places(from.labels(), to.labels()) : null;
  }

  private static int[] places(List<String> old, List<String> now) {
    var places = new HashMap<String, Integer>();
    for (int i = 0; i < old.size(); i++) {
      places.put(old.get(i), i);
    }
    return now.stream().mapToInt(name -> places.getOrDefault(name, -1)).toArray();
  }

  /** Whether the stored tensor has the axes that the names say. */
  private static boolean fits(int[] dims, Shape shape, int[] rows, boolean isSquare) {
    int highest = Arrays.stream(rows).max().orElse(-1);
    boolean sameRank = dims.length == shape.rank() && dims.length <= 2;
    return sameRank
        && highest < dims[0]
        && rows.length <= shape.dim(0)
        && (dims.length == 1 || (isSquare ? dims[1] == dims[0] : dims[1] == shape.last()));
  }

  private Values named(String name, Shape shape, int[] dims, int[] rows, Initializer drawn) {
    byName.add(name);
    var rest = otherwise.values(name, shape, drawn);
    if (!name.equals(TRANSITIONS)) {
      return new RowValues(shape, stored.values(name), rows, rest);
    }
    var values = rest.toArray();
    var old = stored.values(name).toArray();
    for (int row = 0; row < rows.length; row++) {
      for (int column = 0; column < rows.length; column++) {
        if (rows[row] >= 0 && rows[column] >= 0) {
          values[row * shape.last() + column] = old[rows[row] * dims[1] + rows[column]];
        }
      }
    }
    return Values.of(shape, values);
  }

  /** What became of everything, a line each; complete once the model is made. */
  public List<String> report() {
    var lines = new ArrayList<String>();
    lines.add(whole.size() + " weights are carried over whole");
    if (from.task() == to.task()) {
      lines.add(
          "labels that are carried over by name: " + shared(to.labels(), from.labels(), true));
      lines.add("labels that start afresh: " + shared(to.labels(), from.labels(), false));
      lines.add("labels that are dropped: " + shared(from.labels(), to.labels(), false));
    } else {
      lines.add("the model is one of " + from.task().key() + ": its labels are not carried over");
    }
    lines.add("word pieces that start afresh: " + shared(to.tokens(), from.tokens(), false));
    lines.add("weights that are carried over by name: " + new TreeSet<>(byName));
    lines.add("weights that start afresh: " + new TreeSet<>(fresh));
    lines.add("weights that are dropped: " + stored.unread());
    return lines;
  }

  private static List<String> shared(List<String> some, List<String> others, boolean wanted) {
    var known = new TreeSet<>(others);
    return some.stream().filter(name -> known.contains(name) == wanted).toList();
  }
}
