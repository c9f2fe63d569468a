package dev.mmib.convert.pickle;

import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.pickle.PickleValue.Sequence;
import dev.mmib.convert.pickle.PickleValue.Tuple;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The check that a value is a tree of bearable size and depth once its sharing is written out.
 *
 * <p>A list that holds another twice, which holds another twice, and so on, costs a pickle ten
 * bytes a level and whoever walks it twice the time; so does a cycle, without end.
 */
final class Nesting {

  /** That of a value whose items are being looked at. */
  private static final Extent OPEN = new Extent(0, 0);

  private final Budget budget;
  private final Map<PickleValue, Extent> known = new IdentityHashMap<>();
  private final Deque<Visit> path = new ArrayDeque<>();

  private record Extent(long values, int depth) {}

  private static final class Visit {
    final PickleValue of;
    final Iterator<PickleValue> items;
    long values = 1;
    int depth;

    Visit(PickleValue of, Collection<PickleValue> items) {
      this.of = of;
      this.items = items.iterator();
      if (of instanceof Dictionary) {
        values += items.size();
      }
    }
  }

  private Nesting(Budget budget) {
    this.budget = budget;
  }

  static void check(PickleValue root, Budget budget) throws Refusal {
    new Nesting(budget).walk(root);
  }

  private void walk(PickleValue root) throws Refusal {
    enter(root);
    while (!path.isEmpty()) {
      var visit = path.getLast();
      if (!visit.items.hasNext()) {
        leave(path.removeLast());
        continue;
      }
      var item = visit.items.next();
      var extent = known.get(item);
      if (extent == null && !children(item).isEmpty()) {
        enter(item);
      } else if (OPEN.equals(extent)) {
        throw Refusal.unsupported("a container holds itself", "Save plain, nested containers");
      } else {
        add(visit, extent == null ? new Extent(1, 0) : extent);
      }
    }
  }

  private void enter(PickleValue value) throws Refusal {
    known.put(value, OPEN);
    path.addLast(new Visit(value, children(value)));
    requireDepth(path.size());
  }

  private void leave(Visit visit) throws Refusal {
    var extent = new Extent(visit.values, visit.depth + 1);
    known.put(visit.of, extent);
    if (!path.isEmpty()) {
      add(path.getLast(), extent);
    }
  }

  private void add(Visit to, Extent extent) throws Refusal {
    to.values += extent.values;
    to.depth = Math.max(to.depth, extent.depth);
    if (to.values > budget.operations()) {
      throw Refusal.unsupported(
          "its containers hold one another so often that they are over "
              + budget.operations()
              + " values when written out",
          "Save tensors and plain settings only");
    }
    requireDepth(path.size() + extent.depth);
  }

  private void requireDepth(int depth) throws Refusal {
    if (depth > budget.depth()) {
      throw Refusal.unsupported(
          "containers are nested more than " + budget.depth() + " deep",
          "Save tensors and plain settings only");
    }
  }

  /** The items of a list or tuple, the values of a dictionary, nothing of anything else. */
  static Collection<PickleValue> children(PickleValue value) {
    if (value instanceof Sequence sequence) {
      return sequence.items();
    } else if (value instanceof Tuple tuple) {
      return tuple.items();
    } else if (value instanceof Dictionary dictionary) {
      return dictionary.entries().values();
    }
    return List.of();
  }
}
