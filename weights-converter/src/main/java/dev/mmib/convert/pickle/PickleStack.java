package dev.mmib.convert.pickle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The machine's stack; below the last mark nothing can be taken. */
final class PickleStack {

  private final List<PickleValue> values = new ArrayList<>();
  private int[] marks = new int[16];
  private int markCount;

  void push(PickleValue value) {
    values.add(value);
  }

  void mark() {
    if (markCount == marks.length) {
      marks = Arrays.copyOf(marks, markCount * 2);
    }
    marks[markCount++] = values.size();
  }

  boolean hasMarks() {
    return markCount > 0;
  }

  /** Number of values above the last mark. */
  int height() {
    return values.size() - floor();
  }

  PickleValue top(Opcode opcode) throws Refusal {
    requireHeight(1, opcode);
    return values.get(values.size() - 1);
  }

  PickleValue pop(Opcode opcode) throws Refusal {
    requireHeight(1, opcode);
    return values.remove(values.size() - 1);
  }

  List<PickleValue> pop(int count, Opcode opcode) throws Refusal {
    requireHeight(count, opcode);
    return cut(values.size() - count);
  }

  /** Takes the last mark and all above it. */
  List<PickleValue> popToMark(Opcode opcode) throws Refusal {
    if (markCount == 0) {
      throw Refusal.damaged(opcode + " finds no MARK on the stack");
    }
    return cut(marks[--markCount]);
  }

  /** Takes the value on top, or the mark where that is on top, as Python does. */
  void drop(Opcode opcode) throws Refusal {
    if (markCount > 0 && height() == 0) {
      markCount--;
    } else {
      pop(opcode);
    }
  }

  private List<PickleValue> cut(int from) {
    var above = values.subList(from, values.size());
    var taken = List.copyOf(above);
    above.clear();
    return taken;
  }

  private int floor() {
    return markCount == 0 ? 0 : marks[markCount - 1];
  }

  private void requireHeight(int count, Opcode opcode) throws Refusal {
    if (height() < count) {
      throw Refusal.damaged(
          opcode + " needs " + count + " on the stack, where " + height() + " are");
    }
  }
}
