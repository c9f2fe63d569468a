package dev.mmib.cpu;

import java.util.List;
import org.bytedeco.javacpp.BytePointer;

/**
 * Folded weights in the order of a primitive, and the bias that goes with them.
 *
 * @param sources what they were made of
 * @param changes of each source, when they were
 */
record WeightCopy(
    List<OffHeapBuffer> sources, List<Long> changes, OffHeapBuffer copy, OffHeapBuffer shift)
    implements OffHeapBuffer.Derived {

  static WeightCopy of(List<OffHeapBuffer> sources, OffHeapBuffer copy, OffHeapBuffer shift) {
    return new WeightCopy(
        sources, sources.stream().map(OffHeapBuffer::changes).toList(), copy, shift);
  }

  BytePointer weights() {
    return copy.reading();
  }

  @Override
  public boolean isCurrent() {
    for (int i = 0; i < sources.size(); i++) {
      if (sources.get(i).changes() != changes.get(i)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    copy.close();
    shift.close();
  }
}
