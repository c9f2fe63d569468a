package dev.mmib.fuzz;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.torch.TorchTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;

/** Reads the beginning and the end of every tensor of a value, as a converter would. */
final class TensorWalk {

  private static final int MOST_BYTES = 1 << 12;

  private TensorWalk() {}

  static void read(PickleValue root) {
    var seen = Collections.newSetFromMap(new IdentityHashMap<PickleValue, Boolean>());
    var open = new ArrayDeque<PickleValue>(List.of(root));
    while (!open.isEmpty()) {
      var value = open.pop();
      if (!seen.add(value)) {
        continue;
      }
      if (value instanceof PickleValue.Sequence sequence) {
        open.addAll(sequence.items());
      } else if (value instanceof PickleValue.Tuple tuple) {
        open.addAll(tuple.items());
      } else if (value instanceof PickleValue.Dictionary dictionary) {
        open.addAll(dictionary.entries().values());
      } else if (value instanceof TorchTensor tensor) {
        read(tensor);
      }
    }
  }

  private static void read(TorchTensor tensor) {
    int width = tensor.type().bits() / 8;
    int count = (int) Math.min(tensor.size(), MOST_BYTES / width);
    var content = tensor.source().content();
    content.put(0, buffer(count * width));
    content.put(tensor.size() - count, buffer(count * width));
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
